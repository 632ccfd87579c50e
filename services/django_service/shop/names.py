"""A user's name belongs to nobody else, and it is the database that knows."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError
from psycopg.errors import UniqueViolation


class UsernameTakenError(Exception):
    """Another user has this name already."""


@contextmanager
def kept_unique() -> Iterator[None]:
    """Tell a name that is another's from other errors: the driver's own, or as Django wraps it."""
    try:
        yield
    except UniqueViolation as error:
        raise UsernameTakenError from error
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            raise UsernameTakenError from error
        raise
