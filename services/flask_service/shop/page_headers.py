"""Security headers of pages."""

from flask import Response

_POLICY = (
    "default-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)
PAGE_HEADERS = {
    "Content-Security-Policy": "; ".join(_POLICY),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}
# The page of the document contains an inline script.
_SCRIPTS = f"{'; '.join(_POLICY)}; script-src 'self' 'unsafe-inline'"
DOCUMENT_HEADERS = PAGE_HEADERS | {"Content-Security-Policy": _SCRIPTS}


def add_page_headers(response: Response) -> Response:
    """Add the headers to the response of a page and return it."""
    response.headers.update(PAGE_HEADERS)
    return response


def add_document_headers(response: Response) -> Response:
    """Add the headers of the document's page to a response and return it."""
    response.headers.update(DOCUMENT_HEADERS)
    return response
