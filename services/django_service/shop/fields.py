"""Form fields for what a query says."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from shop import validators


class DigitsField(forms.IntegerField):
    """An integer in ASCII digits; Django's own also takes 1.0, +1, 1_0 and digits of any script."""

    def to_python(self, value: Any) -> int | None:
        """The number that the digits write; a default, which is a number already, as it is."""
        if isinstance(value, str) and not validators.is_integer(value):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)
