"""REST Framework's answers to exceptions, and one more."""

from typing import Any

from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from shop.names import UsernameTakenError


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """The response to an exception of a view; None leaves it to Django."""
    if isinstance(error, UsernameTakenError):
        taken = {"username": ["A user with that username already exists."]}
        return Response(taken, status=status.HTTP_409_CONFLICT)
    return exception_handler(error, context)
