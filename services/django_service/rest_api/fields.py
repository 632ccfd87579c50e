"""Fields that take a JSON type for what it is; REST Framework's own convert."""

from typing import Any

from rest_framework import serializers

from shop import validators


class StrictCharField(serializers.CharField):
    """A JSON string, kept as it came."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """The string itself; a number is not one."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictIntegerField(serializers.IntegerField):
    """A JSON integer."""

    def to_internal_value(self, data: Any) -> int:
        """The number itself; neither "30" nor 30.0 nor true is one."""
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


class DigitsField(serializers.IntegerField):
    """An integer of a query, in ASCII digits; REST Framework's own also takes 1.0 and +1."""

    def to_internal_value(self, data: str) -> int:
        """The number that the digits write."""
        if not validators.is_integer(data):
            self.fail("invalid")
        return super().to_internal_value(data)
