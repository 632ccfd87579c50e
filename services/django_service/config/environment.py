"""Environment variables that the service needs before it starts."""

import os
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict


def required(name: str) -> str:
    """Return the variable's value; ImproperlyConfigured if it is missing or empty."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set; set this environment variable")
    return value


def positive(name: str, kind: type[int] | type[float], default: str | None = None) -> Any:
    """Return the variable as a number above 0 of that type."""
    text = required(name) if default is None else os.environ.get(name, default)
    try:
        number = kind(text)
    except ValueError:
        number = kind(0)
    if not 0 < number < float("inf"):
        raise ImproperlyConfigured(f"{name} is {text!r}; it must be a number above 0")
    return number


def one_of(name: str, *choices: str) -> str:
    """Return the variable's value, which must be one of the choices."""
    value = required(name)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of {', '.join(choices)}")
    return value


def listed(name: str) -> list[str]:
    """Return the variable's comma-separated values; none if it is not set."""
    return [text for value in os.environ.get(name, "").split(",") if (text := value.strip())]


def database(name: str) -> dict[str, Any]:
    """Return Django's connection settings from the URL in the variable.

    Parameters that Django does not know (sslmode, options, …) are passed to the driver in OPTIONS.
    """
    try:
        parts = conninfo_to_dict(required(name))
    except ProgrammingError as error:
        raise ImproperlyConfigured(f"{name} is not a postgresql:// URL: {error}") from error
    keys = {"NAME": "dbname", "USER": "user", "PASSWORD": "password"}
    keys |= {"HOST": "host", "PORT": "port"}
    named = {key: str(parts.pop(part, None) or "") for key, part in keys.items()}
    return named | {"OPTIONS": parts}
