"""Formats of values in JSON, and rules for text."""

import re
from datetime import UTC, datetime
from decimal import Decimal

# One pattern for all frameworks: their own e-mail validators differ.
EMAIL = r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$"
_EMAIL = re.compile(EMAIL)
_DIGITS = re.compile("-?[0-9]+")


def money(amount: Decimal) -> str:
    """Return an amount with two decimals: "19.99"."""
    return f"{amount:.2f}"


def timestamp(moment: datetime) -> str:
    """A moment in UTC, to the second: "2026-01-05T10:20:30Z"."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_email(text: str) -> bool:
    """Return whether the pattern matches the whole text."""
    # fullmatch, because $ alone would accept a final line feed.
    return bool(_EMAIL.fullmatch(text))


def is_integer(text: str) -> bool:
    """Return whether it is in ASCII digits: int() also accepts +1, 1_0 and digits of any script."""
    return bool(_DIGITS.fullmatch(text))
