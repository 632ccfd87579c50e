"""The API's document. Its views do no I/O and also serve the async API: Django runs them in a
thread there."""

from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt

from shop.errors import JsonErrorsView
from shop.page_headers import DOCUMENT_HEADERS, add_page_headers

# Written by hand: Django itself generates no OpenAPI document.
DOCUMENT = Path(__file__).with_name("openapi.json").read_bytes()


@method_decorator(csrf_exempt, name="dispatch")
class DocumentView(JsonErrorsView):
    """The OpenAPI document."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the document as JSON."""
        return HttpResponse(DOCUMENT, content_type="application/json")


@method_decorator(csrf_exempt, name="dispatch")
class DocsView(JsonErrorsView):
    """The interactive documentation."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return Swagger's page, with files served by this service."""
        return add_page_headers(render(request, "plain_api/docs.html"), DOCUMENT_HEADERS)
