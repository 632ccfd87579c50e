"""Errors as JSON, whichever view they come from."""

from collections.abc import Awaitable
from typing import Any

from django.http import HttpRequest, HttpResponseNotAllowed, JsonResponse
from django.views import View


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Django's handler for requests it refuses to look at."""
    return JsonResponse({"detail": "Bad request."}, status=400)


def forbidden(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Django's handler for what is not permitted."""
    return JsonResponse({"detail": "Permission denied."}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Django's handler for Http404 and for routes that do not exist."""
    return JsonResponse({"detail": "Not found."}, status=404)


def server_error(request: HttpRequest) -> JsonResponse:
    """Django's handler for exceptions nobody caught."""
    return JsonResponse({"detail": "Internal server error."}, status=500)


class JsonErrorsView(View):
    """A view that answers JSON to a method it does not have."""

    def http_method_not_allowed(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> JsonResponse | Awaitable[JsonResponse]:
        """405 with the methods it has."""
        allow = HttpResponseNotAllowed(self._allowed_methods())["Allow"]
        detail = {"detail": f'Method "{request.method}" not allowed.'}
        answer = JsonResponse(detail, status=405, headers={"Allow": allow})
        return _awaitable(answer) if self.view_is_async else answer


async def _awaitable(answer: JsonResponse) -> JsonResponse:
    return answer
