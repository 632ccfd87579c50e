"""Marshmallow fields and rules that the contract needs in addition to the library's own."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate

from .. import formats
from ..data.access import reason_it_cannot_be_stored


def is_email(text: str) -> None:
    """Reject text that is not an e-mail address by the contract."""
    if not formats.is_email(text):
        raise ValidationError("Not a valid email address.")


def is_storable(text: str) -> None:
    """Reject text that the database cannot store."""
    if reason := reason_it_cannot_be_stored(text):
        raise ValidationError(reason)


def text(minimum: int, maximum: int) -> fields.String:
    """Return a field for required text of limited length."""
    return fields.String(
        required=True,
        validate=[validate.Length(min=minimum, max=maximum), is_storable],
        metadata={"pattern": r"^[^\x00]*$"},  # is_storable, as far as a document can express it
    )


class Digits(fields.Integer):
    """An integer of a query, in ASCII digits."""

    def _deserialize(self, value: str, attr: str | None, data: Any, **kwargs: Any) -> int | None:
        if not formats.is_integer(value):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Money(fields.String):
    """An amount as text with two decimals: "19.99"."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"pattern": r"^\d+\.\d{2}$"}, **kwargs)

    def _serialize(self, value: Decimal, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return formats.money(value)


class Timestamp(fields.DateTime):
    """A moment in UTC, to the second: "2026-01-05T10:20:30Z"."""

    def _serialize(self, value: datetime, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return formats.timestamp(value)
