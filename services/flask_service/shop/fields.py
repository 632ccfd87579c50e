"""Marshmallow fields and rules that the contract asks for beyond the library's own."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate

# One pattern for every framework: their own e-mail validators differ.
EMAIL = r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$"
_EMAIL = re.compile(EMAIL)


def is_email(text: str) -> None:
    """Refuse what the pattern does not match from end to end."""
    # fullmatch, because $ alone lets a line feed at the end pass.
    if not _EMAIL.fullmatch(text):
        raise ValidationError("Not a valid email address.")


def is_storable(text: str) -> None:
    """Refuse text that PostgreSQL cannot hold: NUL and halves of surrogate pairs."""
    if "\x00" in text:
        raise ValidationError("Must not contain NUL.")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValidationError("Must not contain lone surrogates.")


def text(minimum: int, maximum: int) -> fields.String:
    """A required text of so many characters."""
    return fields.String(
        required=True, validate=[validate.Length(min=minimum, max=maximum), is_storable]
    )


class Money(fields.Decimal):
    """An amount as text with two decimals: "19.99"."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(places=2, as_string=True, **kwargs)

    def _serialize(self, value: Decimal, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return f"{value:.2f}"


class Timestamp(fields.DateTime):
    """A moment in UTC, to the second: "2026-01-05T10:20:30Z"."""

    def _serialize(self, value: datetime, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
