"""What a page tells the browser to refuse.

Django's own SecurityMiddleware and XFrameOptionsMiddleware would do it for every answer of the API
as well, in a thread of their own where views are async.
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
# The page of the document begins with a script of its own.
_SCRIPTS = f"{'; '.join(_POLICY)}; script-src 'self' 'unsafe-inline'"
DOCUMENT_HEADERS = PAGE_HEADERS | {"Content-Security-Policy": _SCRIPTS}

View = Callable[..., HttpResponse]


def add_page_headers(
    response: HttpResponse, headers: Mapping[str, str] = PAGE_HEADERS
) -> HttpResponse:
    """The page, which says so as well."""
    for name, value in headers.items():
        response.headers[name] = value
    return response


def page(view: View, headers: Mapping[str, str] = PAGE_HEADERS) -> View:
    """The view, for pages that people see."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return add_page_headers(view(request, *args, **kwargs), headers)

    return answer
