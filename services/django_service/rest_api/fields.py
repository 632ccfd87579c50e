"""Fields with strict JSON types; REST Framework's own fields convert."""

from typing import Any

from rest_framework import serializers

from shop import validators


class StrictCharField(serializers.CharField):
    """A JSON string, unchanged."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Return the string; a number is not accepted."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictIntegerField(serializers.IntegerField):
    """A JSON integer."""

    def to_internal_value(self, data: Any) -> int:
        """Return the number; "30", 30.0 and true are not accepted."""
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


class DigitsField(serializers.IntegerField):
    """An integer of a query, in ASCII digits; REST Framework's own also accepts 1.0 and +1."""

    def to_internal_value(self, data: str) -> int:
        """Return the number."""
        if not validators.is_integer(data):
            self.fail("invalid")
        return super().to_internal_value(data)
