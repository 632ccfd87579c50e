"""Errors as JSON, in the shape of flask-smorest."""

from typing import Any

from werkzeug.exceptions import HTTPException

from ..errors import headers_of


class FieldError(HTTPException):
    """Fields of the request are invalid: the faults of each, by place."""

    def __init__(self, code: int, place: str, faults: dict[str, list[str]]) -> None:
        super().__init__()
        self.code = code
        self.errors = {place: faults}


def as_json(error: HTTPException) -> tuple[dict[str, Any], int, list[tuple[str, str]]]:
    """Return the response to a request that failed."""
    payload: dict[str, Any] = {"code": error.code, "status": error.name}
    if isinstance(error, FieldError):
        payload["errors"] = error.errors
    else:
        payload["message"] = error.description
    return payload, error.code, headers_of(error)
