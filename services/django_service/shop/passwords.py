"""Password hashes in a table that other services also read."""

from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
from django.db import models

DJANGO_PREFIX = Argon2PasswordHasher.algorithm


class SharedArgon2PasswordHasher(Argon2PasswordHasher):
    """Argon2id at the cost of the hashes in the table, OWASP's minimum: 19 MiB, 2 passes, 1 lane.

    An unknown name costs a hash of the same cost: response times do not reveal it.
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1

    def must_update(self, encoded: str) -> bool:
        """Return False: signing in does not write to a table that others own."""
        return False


class PasswordHashField(models.CharField):
    """`$argon2id$…` in the database, `argon2$argon2id$…` for Django's hashers."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        """Add the name of Django's hasher."""
        return value and DJANGO_PREFIX + value

    def get_prep_value(self, value: Any) -> Any:
        """Remove the name of Django's hasher."""
        value = super().get_prep_value(value)
        return value and value.removeprefix(DJANGO_PREFIX)


def is_password(password: str, stored: str | None) -> bool:
    """Return whether the password matches a stored hash; None if there is no such account."""
    if stored is None:
        make_password(password)  # takes as long as a check
        return False
    return check_password(password, DJANGO_PREFIX + stored)
