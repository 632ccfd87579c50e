"""Validation of requests, by hand.

A rule takes the value of a field, None if it is missing, and returns the parsed value or raises
ValueError with the fault.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flask import abort, request

from ..data.access import reason_it_cannot_be_stored
from ..formats import is_email, is_integer
from .errors import FieldError

Rules = dict[str, Callable[[Any], Any]]


def user_body() -> dict[str, Any]:
    """A user sent by a client; other fields are ignored."""
    return _checked("json", _json_object(), USER)


def users_query() -> dict[str, int]:
    """A page of users."""
    return _checked("query", request.args, USERS_PAGE)


def search_query() -> str:
    """Text to search for, literally."""
    return _checked("query", request.args, SEARCH)["q"]


def sources_query() -> dict[str, int]:
    """Number of sources, and the delay of each."""
    return _checked("query", request.args, SOURCES)


def catalog_query() -> int:
    """Number of a page of the catalogue."""
    return _checked("query", request.args, CATALOG)["page"]


def credentials() -> dict[str, str]:
    """OAuth2's password form; grant_type and other fields are ignored."""
    return _checked("form", request.form, CREDENTIALS)


def _checked(place: str, given: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    """Return the value of each field; a refusal names every invalid field."""
    values, faults = {}, {}
    for name, rule in rules.items():
        try:
            values[name] = rule(given.get(name))
        except ValueError as error:
            faults[name] = [str(error)]
    if faults:
        raise FieldError(422, place, faults)
    return values


def _json_object() -> dict[str, Any]:
    if not request.is_json:
        abort(415, "Send the body as application/json.")
    try:
        body = json.loads(request.get_data().decode())
    except (ValueError, RecursionError):
        abort(400, "The body is not JSON.")
    if not isinstance(body, dict):
        abort(400, "The body is not a JSON object.")
    return body


def _string(given: Any) -> str:
    if not isinstance(given, str):
        raise ValueError("Not a valid string." if given is not None else "Missing.")
    return given


def _text(given: Any, minimum: int, maximum: int) -> str:
    text = _string(given)
    if not minimum <= len(text) <= maximum:
        raise ValueError(f"Length must be from {minimum} to {maximum}.")
    if reason := reason_it_cannot_be_stored(text):
        raise ValueError(reason)
    return text


def _email(given: Any) -> str:
    email = _text(given, 1, 254)
    if not is_email(email):
        raise ValueError("Not a valid email address.")
    return email


def _age(given: Any) -> int:
    if type(given) is not int:  # isinstance() accepts true as an int
        raise ValueError("Not a valid integer." if given is not None else "Missing.")
    return _within(given, 18, 120)


def _digits(given: str | None, default: int, minimum: int, maximum: int | None = None) -> int:
    if given is None:
        return default
    if not is_integer(given):
        raise ValueError("Not a valid integer.")
    return _within(int(given), minimum, maximum)


def _within(number: int, minimum: int, maximum: int | None) -> int:
    if number < minimum:
        raise ValueError(f"Must be at least {minimum}.")
    if maximum is not None and number > maximum:
        raise ValueError(f"Must be at most {maximum}.")
    return number


USER: Rules = {"username": partial(_text, minimum=3, maximum=50), "email": _email, "age": _age}
USERS_PAGE: Rules = {
    "limit": partial(_digits, default=20, minimum=1, maximum=100),
    "after": partial(_digits, default=0, minimum=0),
}
SEARCH: Rules = {"q": partial(_text, minimum=1, maximum=100)}
SOURCES: Rules = {
    "count": partial(_digits, default=4, minimum=1, maximum=8),
    "delay_ms": partial(_digits, default=20, minimum=0, maximum=1000),
}
CATALOG: Rules = {"page": partial(_digits, default=1, minimum=1)}
CREDENTIALS: Rules = {"username": _string, "password": _string}
