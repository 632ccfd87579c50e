"""Converters of path parameters."""

from django.urls.converters import IntConverter

from shop.sizes import INT4_MAX


class UserIdConverter(IntConverter):
    """A user's id. An id that the column cannot hold does not exist, whatever the data access."""

    def to_python(self, value: str) -> int:
        """Return the number; ValueError makes Django respond with 404."""
        number = int(value)
        if number > INT4_MAX:
            raise ValueError(f"{value} is above {INT4_MAX}")
        return number
