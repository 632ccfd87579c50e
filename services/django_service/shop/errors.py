"""Errors as JSON, for all views."""

from collections.abc import Awaitable
from typing import Any

from django.http import HttpRequest, HttpResponseNotAllowed, JsonResponse
from django.views import View


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Handle requests that Django rejects."""
    return JsonResponse({"detail": "Bad request."}, status=400)


def forbidden(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Handle missing permissions."""
    return JsonResponse({"detail": "Permission denied."}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Handle Http404 and unknown routes."""
    return JsonResponse({"detail": "Not found."}, status=404)


def server_error(request: HttpRequest) -> JsonResponse:
    """Handle uncaught exceptions."""
    return JsonResponse({"detail": "Internal server error."}, status=500)


class JsonErrorsView(View):
    """A view that responds with JSON to a method that it does not have."""

    def http_method_not_allowed(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> JsonResponse | Awaitable[JsonResponse]:
        """Return 405 with the allowed methods."""
        allow = HttpResponseNotAllowed(self._allowed_methods())["Allow"]
        detail = {"detail": f'Method "{request.method}" not allowed.'}
        answer = JsonResponse(detail, status=405, headers={"Allow": allow})
        return _awaitable(answer) if self.view_is_async else answer


async def _awaitable(answer: JsonResponse) -> JsonResponse:
    return answer
