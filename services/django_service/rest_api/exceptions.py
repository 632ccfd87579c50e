"""REST Framework's responses to exceptions, and some more."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from rest_framework import status
from rest_framework.exceptions import Throttled
from rest_framework.response import Response
from rest_framework.views import exception_handler

from shop.names import UsernameTakenError
from shop.tries import TooManyTriesError


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the response to an exception of a view; None leaves it to Django."""
    if isinstance(error, UsernameTakenError):
        taken = {"username": ["A user with that username already exists."]}
        return Response(taken, status=status.HTTP_409_CONFLICT)
    if isinstance(error, TooManyTriesError):
        error = Throttled(error.wait_s)
    if isinstance(error, RequestDataTooBig):
        return Response(
            {"detail": "The body is too large."}, status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
        )
    return exception_handler(error, context)
