"""The form with which people sign in."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from shop import tries


class SignInForm(AuthenticationForm):
    """Django's own, and no account may be tried too often."""

    def clean(self) -> dict[str, Any]:
        """The name and the password where they are right."""
        username = self.cleaned_data.get("username", "")
        try:
            tries.count(username)
        except tries.TooManyTriesError as error:
            raise ValidationError(str(error), code="too_many_tries") from error
        cleaned = super().clean()
        if self.get_user() is not None:  # without a password Django asks nobody and raises nothing
            tries.forget(username)
        return cleaned


class AdminSignInForm(SignInForm, AdminAuthenticationForm):
    """The same for the admin."""
