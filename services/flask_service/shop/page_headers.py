"""What a page tells the browser to refuse."""

from flask import Response

_POLICY = (
    "default-src 'self'",
    "script-src 'self' 'unsafe-inline'",  # the page of the document begins with a script of its own
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


def add_page_headers(response: Response) -> Response:
    """The response of a blueprint of pages, which says so as well."""
    response.headers.update(PAGE_HEADERS)
    return response
