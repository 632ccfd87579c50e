"""How values are written in JSON, and the rules that text has to keep."""

import re
from datetime import UTC, datetime
from decimal import Decimal

# One pattern for every framework: their own e-mail validators differ.
EMAIL = r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$"
_EMAIL = re.compile(EMAIL)
_DIGITS = re.compile("-?[0-9]+")


def money(amount: Decimal) -> str:
    """An amount with two decimals: "19.99"."""
    return f"{amount:.2f}"


def timestamp(moment: datetime) -> str:
    """A moment in UTC, to the second: "2026-01-05T10:20:30Z"."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_email(text: str) -> bool:
    """Whether the pattern matches from end to end."""
    # fullmatch, because $ alone lets a line feed at the end pass.
    return bool(_EMAIL.fullmatch(text))


def is_integer(text: str) -> bool:
    """Whether it is written in ASCII digits: int() also takes +1, 1_0 and every script."""
    return bool(_DIGITS.fullmatch(text))
