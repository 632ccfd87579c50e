"""Marshmallow fields and rules that the contract asks for beyond the library's own."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate

from .data.access import reason_it_cannot_be_stored

# One pattern for every framework: their own e-mail validators differ.
EMAIL = r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$"
_EMAIL = re.compile(EMAIL)
_DIGITS = re.compile("-?[0-9]+")


def is_email(text: str) -> None:
    """Refuse what the pattern does not match from end to end."""
    # fullmatch, because $ alone lets a line feed at the end pass.
    if not _EMAIL.fullmatch(text):
        raise ValidationError("Not a valid email address.")


def is_storable(text: str) -> None:
    """Refuse text that the database cannot hold."""
    if reason := reason_it_cannot_be_stored(text):
        raise ValidationError(reason)


def text(minimum: int, maximum: int) -> fields.String:
    """A required text of so many characters."""
    return fields.String(
        required=True, validate=[validate.Length(min=minimum, max=maximum), is_storable]
    )


class Digits(fields.Integer):
    """An integer of a query, in ASCII digits: marshmallow's also takes +1, 1_0 and every script."""

    def _deserialize(self, value: str, attr: str | None, data: Any, **kwargs: Any) -> int | None:
        if not _DIGITS.fullmatch(value):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Money(fields.String):
    """An amount as text with two decimals: "19.99"."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"pattern": r"^\d+\.\d{2}$"}, **kwargs)

    def _serialize(self, value: Decimal, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return f"{value:.2f}"


class Timestamp(fields.DateTime):
    """A moment in UTC, to the second: "2026-01-05T10:20:30Z"."""

    def _serialize(self, value: datetime, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
