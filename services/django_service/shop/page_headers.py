"""Security headers of pages.

Django's own SecurityMiddleware and XFrameOptionsMiddleware would also add them to every response of
the API, with async views in a separate thread.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

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

View = Callable[..., HttpResponse]


def add_page_headers(
    response: HttpResponse, headers: Mapping[str, str] = PAGE_HEADERS
) -> HttpResponse:
    """Add the headers to a page and return it."""
    for name, value in headers.items():
        response.headers[name] = value
    return response


def page(view: View, headers: Mapping[str, str] = PAGE_HEADERS) -> View:
    """Return the view with the headers of pages."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return add_page_headers(view(request, *args, **kwargs), headers)

    return answer
