"""Validation of requests, and the response to an invalid one."""

import json
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.forms import Form
from django.http import HttpRequest, JsonResponse

from plain_api.forms import CredentialsForm
from shop import tokens
from shop.names import UsernameTakenError
from shop.tries import TooManyTriesError

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
WRONG_PASSWORD = "Incorrect username or password."  # noqa: S105 - a message


class RefusedError(Exception):
    """The request cannot be served, with the status and content of the response."""

    def __init__(self, status: int, problem: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, problem)
        self.status, self.problem, self.headers = status, problem, headers

    def response(self) -> JsonResponse:
        """Return the response."""
        problem = {"detail": self.problem} if isinstance(self.problem, str) else self.problem
        return JsonResponse(problem, status=self.status, headers=self.headers)


REFUSALS = (RefusedError, UsernameTakenError, TooManyTriesError)
"""Exceptions with which a view may refuse a request."""


def refusal(error: Exception) -> JsonResponse:
    """Return the response to one of REFUSALS."""
    if isinstance(error, UsernameTakenError):
        error = RefusedError(409, {"username": ["A user with that username already exists."]})
    if isinstance(error, TooManyTriesError):
        error = RefusedError(429, str(error), {"Retry-After": str(error.wait_s)})
    return error.response()


def unauthorised(problem: str) -> RefusedError:
    """Return the refusal of a client that is not signed in, with the header that says how."""
    return RefusedError(401, problem, {"WWW-Authenticate": "Bearer"})


def checked(form: Form) -> dict[str, Any]:
    """Return the form's data; a refusal names every invalid field."""
    if not form.is_valid():
        raise RefusedError(400, form.errors)
    return form.cleaned_data


def expect_type(request: HttpRequest, content_type: str) -> None:
    """Refuse a body of another media type."""
    if request.content_type != content_type:
        raise RefusedError(415, f'Unsupported media type "{request.content_type}".')


def json_object(request: HttpRequest) -> dict[str, Any]:
    """Return the body's JSON object."""
    expect_type(request, JSON)
    try:
        body = json.loads(_body_of(request).decode())
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, "The body is not JSON.") from error
    if not isinstance(body, dict):
        raise RefusedError(400, "The body is not a JSON object.")
    return body


def _body_of(request: HttpRequest) -> bytes:
    """Return the body, unless it is too large."""
    try:
        return request.body
    except RequestDataTooBig as error:
        raise RefusedError(413, "The body is too large.") from error


def credentials(request: HttpRequest) -> dict[str, str]:
    """Return the form's username and password."""
    expect_type(request, FORM)
    _body_of(request)
    return checked(CredentialsForm(request.POST))


def bearer(request: HttpRequest) -> str:
    """Return the account's name in the request's token."""
    try:
        return tokens.username_in(request.headers.get("Authorization", ""))
    except tokens.InvalidTokenError as error:
        raise unauthorised(str(error)) from error
