"""Errors as JSON, in the shape that flask-smorest gives them."""

from typing import Any

from werkzeug.exceptions import HTTPException

from ..errors import headers_of


class FieldError(HTTPException):
    """Fields of the request are wrong: what is said of each, by where it stands."""

    def __init__(self, code: int, place: str, faults: dict[str, list[str]]) -> None:
        super().__init__()
        self.code = code
        self.errors = {place: faults}


def as_json(error: HTTPException) -> tuple[dict[str, Any], int, list[tuple[str, str]]]:
    """The answer to a request that failed."""
    payload: dict[str, Any] = {"code": error.code, "status": error.name}
    if isinstance(error, FieldError):
        payload["errors"] = error.errors
    else:
        payload["message"] = error.description
    return payload, error.code, headers_of(error)
