"""Rules for usernames, e-mail addresses and numbers of a query."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import (
    MaxValueValidator,
    MinLengthValidator,
    MinValueValidator,
    RegexValidator,
)

USERNAME_MIN, USERNAME_MAX = 3, 50
EMAIL_MAX = 254
AGE_MIN, AGE_MAX = 18, 120
PAGE_LIMIT_MAX, PAGE_LIMIT_DEFAULT = 100, 20
SEARCH_MAX = 100
SOURCES_MAX, SOURCES_DEFAULT = 8, 4
DELAY_MAX_MS, DELAY_DEFAULT_MS = 1000, 20

validate_username = MinLengthValidator(USERNAME_MIN)
validate_email = RegexValidator(
    # \Z, because $ would accept a final line break.
    r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}\Z",
    "Enter a valid email address.",
)
# REST Framework rejects NUL by itself, but does not document it.
validate_storable = RegexValidator(r"^[^\x00]*\Z", "Null characters are not allowed.")
validate_age = (MinValueValidator(AGE_MIN), MaxValueValidator(AGE_MAX))


def is_integer(text: str) -> bool:
    """Return whether a query's text is an integer in ASCII digits."""
    return bool(re.fullmatch("-?[0-9]+", text))


def validate_encodable(text: str) -> None:
    """Reject lone surrogates, which JSON can contain and PostgreSQL cannot store."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValidationError("Surrogate characters are not allowed.") from error
