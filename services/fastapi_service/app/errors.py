"""Responses to errors."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from .data import UsernameTakenError
from .schemas import Fault, Invalid


def add_error_handlers(app: FastAPI) -> None:
    """Add handlers for names that are taken and for invalid requests, without their input."""
    app.add_exception_handler(RequestValidationError, request_is_invalid)
    app.add_exception_handler(UsernameTakenError, username_is_taken)


async def request_is_invalid(request: Request, error: Exception) -> JSONResponse:
    """Return FastAPI's response without the input, which may be a password or NaN (not JSON)."""
    assert isinstance(error, RequestValidationError)
    answer = Invalid(detail=[Fault.model_validate(fault) for fault in error.errors()])
    return JSONResponse(answer.model_dump(), status_code=422)


async def username_is_taken(request: Request, error: Exception) -> JSONResponse:
    """Return 409, in the same form as for an invalid field."""
    fault = Fault(type="taken", loc=["body", "username"], msg="Another user has this username")
    return JSONResponse(Invalid(detail=[fault]).model_dump(), status_code=409)
