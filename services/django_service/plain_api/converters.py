"""Parts of a path."""

from django.urls.converters import IntConverter

from shop.sizes import INT4_MAX


class UserIdConverter(IntConverter):
    """A user's number. One that the column cannot hold is nobody's, whoever reads the data."""

    def to_python(self, value: str) -> int:
        """The number; ValueError, by which Django knows that there is no such place."""
        number = int(value)
        if number > INT4_MAX:
            raise ValueError(f"{value} is beyond {INT4_MAX}")
        return number
