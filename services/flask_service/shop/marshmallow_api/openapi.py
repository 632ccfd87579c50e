"""Documentation of the API, reading of bodies, and responses to errors."""

import json
from http import HTTPStatus
from typing import Any, NoReturn

from flask import Flask, Request
from flask_smorest import Api, abort
from flask_smorest import Blueprint as SmorestBlueprint
from webargs.flaskparser import FlaskParser, is_json_request
from werkzeug.exceptions import HTTPException

from ..errors import headers_of

TOO_LARGE = HTTPStatus(413).name  # newer versions of Python have another name for it


class JsonParser(FlaskParser):
    """Reads bodies with the media type of JSON, and rejects others."""

    def _raw_load_json(self, req: Request) -> Any:
        if not is_json_request(req):
            abort(415, message="Send the body as application/json.")
        try:
            return super()._raw_load_json(req)
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            self._refuse(str(error))
        except (ValueError, RecursionError):
            # A number with thousands of digits, or thousands of nested brackets.
            self._refuse("a number is too long or the nesting too deep")

    def _refuse(self, reason: str) -> NoReturn:
        abort(400, message=f"The body is not JSON: {reason}.")


class Blueprint(SmorestBlueprint):
    """A part of the API."""

    ARGUMENTS_PARSER = JsonParser()


class ShopApi(Api):
    """The API, its document at /openapi.json, and every error as JSON."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        flow = {"password": {"tokenUrl": "/token", "scopes": {}}}
        self.spec.components.security_scheme("token", {"type": "oauth2", "flows": flow})

    def handle_http_exception(self, error: HTTPException) -> Any:
        """Return the error as JSON, with its headers."""
        payload, code, _ = super().handle_http_exception(error)
        if not hasattr(error, "data"):  # raised by Flask's own abort
            payload["message"] = error.description
        return payload, code, headers_of(error)
