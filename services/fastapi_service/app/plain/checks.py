"""Rules for what comes in.

Each takes a value, None where there is none, and returns what it stands for; ValueError says what
is wrong with it.
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
    """What the rules make of the values they name; InvalidError with all that is wrong."""
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
    """An integer of a path or a query."""

    def rule(value: str | None) -> int:
        if value is None and default is not None:
            return default
        if value is None or not _DIGITS.fullmatch(value):
            raise ValueError("Write it in digits")
        number = int(value[:20])  # enough to see how large it is; int() refuses 5,000 of them
        if (least is not None and number < least) or (most is not None and number > most):
            raise ValueError("It is out of range")
        return number

    return rule


def text(least: int = 0, most: int | None = None) -> Rule:
    """A text of so many characters that the database can hold."""

    def rule(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("It has to be a text")
        if len(value) < least or (most is not None and len(value) > most):
            raise ValueError("It is too short or too long")
        if not can_be_stored(value):
            raise ValueError("It cannot be stored")
        return value

    return rule


def email(value: Any) -> str:
    """An e-mail address."""
    if not isinstance(value, str) or len(value) > 254 or not _EMAIL.fullmatch(value):
        raise ValueError("It is no e-mail address")
    return value


def age(value: Any) -> int:
    """Years; neither a text nor a truth value."""
    if type(value) is not int or not 18 <= value <= 120:
        raise ValueError("It has to be an integer from 18 to 120")
    return value
