"""Rules for values of a request.

Each takes a value, None if there is none, and returns the parsed value; ValueError says what is
wrong with it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from ..data import can_be_stored
from ..schemas import EMAIL
from .errors import InvalidError, fault

Rule = Callable[[Any], Any]

_DIGITS = re.compile("-?[0-9]+")
_EMAIL = re.compile(EMAIL)


def checked(place: str, given: Mapping[str, Any], rules: Mapping[str, Rule]) -> dict[str, Any]:
    """Return the values parsed by the rules; InvalidError with all faults."""
    values, faults = {}, []
    for name, rule in rules.items():
        try:
            values[name] = rule(given.get(name))
        except ValueError as error:
            faults.append(fault(str(error), place, name))
    if faults:
        raise InvalidError(*faults)
    return values


def digits(least: int | None = None, most: int | None = None, default: int | None = None) -> Rule:
    """Return a rule for an integer of a path or a query."""

    def rule(value: str | None) -> int:
        if value is None and default is not None:
            return default
        if value is None or not _DIGITS.fullmatch(value):
            raise ValueError("Write it in digits")
        number = int(value[:20])  # enough to see that it is too large; int() rejects 5,000 digits
        if (least is not None and number < least) or (most is not None and number > most):
            raise ValueError("It is out of range")
        return number

    return rule


def text(least: int = 0, most: int | None = None) -> Rule:
    """Return a rule for text of limited length that the database can store."""

    def rule(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("It must be text")
        if len(value) < least or (most is not None and len(value) > most):
            raise ValueError("It is too short or too long")
        if not can_be_stored(value):
            raise ValueError("It cannot be stored")
        return value

    return rule


def email(value: Any) -> str:
    """Parse an e-mail address."""
    if not isinstance(value, str) or len(value) > 254 or not _EMAIL.fullmatch(value):
        raise ValueError("It is not an e-mail address")
    return value


def age(value: Any) -> int:
    """Parse an age in years; text and booleans are invalid."""
    if type(value) is not int or not 18 <= value <= 120:
        raise ValueError("It must be an integer from 18 to 120")
    return value
