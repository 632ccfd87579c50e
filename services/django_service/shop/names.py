"""Unique usernames, enforced by the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError
from psycopg.errors import UniqueViolation


class UsernameTakenError(Exception):
    """Another user already has this name."""


@contextmanager
def kept_unique() -> Iterator[None]:
    """Raise UsernameTakenError for a unique violation, from the driver or wrapped by Django."""
    try:
        yield
    except UniqueViolation as error:
        raise UsernameTakenError from error
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            raise UsernameTakenError from error
        raise
