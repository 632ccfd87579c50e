"""What a page tells the browser to refuse."""

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
# The page of the document begins with a script of its own.
_SCRIPTS = f"{'; '.join(_POLICY)}; script-src 'self' 'unsafe-inline'"
DOCUMENT_HEADERS = PAGE_HEADERS | {"Content-Security-Policy": _SCRIPTS}


def add_page_headers(response: Response) -> Response:
    """The response of a blueprint of pages, which says so as well."""
    response.headers.update(PAGE_HEADERS)
    return response


def add_document_headers(response: Response) -> Response:
    """The same for the page of the document."""
    response.headers.update(DOCUMENT_HEADERS)
    return response
