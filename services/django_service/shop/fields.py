"""Form fields for query parameters."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from shop import validators


class DigitsField(forms.IntegerField):
    """An integer in ASCII digits; Django's own also accepts 1.0, +1, 1_0 and other digits."""

    def to_python(self, value: Any) -> int | None:
        """Return the number; a default, which is already a number, is returned unchanged."""
        if isinstance(value, str) and not validators.is_integer(value):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)
