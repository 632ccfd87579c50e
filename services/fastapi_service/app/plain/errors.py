"""Responses to errors."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from ..data import UsernameTakenError


class InvalidError(Exception):
    """The request is invalid."""

    def __init__(self, *faults: dict[str, Any]) -> None:
        super().__init__(*faults)
        self.faults = faults


def fault(problem: str, *place: str) -> dict[str, Any]:
    """Return a fault of a part of the request, in FastAPI's own form; `place` is its path."""
    return {"type": "value_error", "loc": place, "msg": problem}


def add_error_handlers(app: FastAPI) -> None:
    """Add handlers for names that are taken and for invalid requests, as FastAPI has them."""
    app.add_exception_handler(InvalidError, request_is_invalid)
    app.add_exception_handler(UsernameTakenError, username_is_taken)


async def request_is_invalid(request: Request, error: Exception) -> JSONResponse:
    """Return 422 with all faults."""
    assert isinstance(error, InvalidError)
    return JSONResponse({"detail": error.faults}, 422)


async def username_is_taken(request: Request, error: Exception) -> JSONResponse:
    """Return 409, in the same form as for an invalid field."""
    taken = fault("Another user has this username", "body", "username")
    return JSONResponse({"detail": [taken]}, 409)
