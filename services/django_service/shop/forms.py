"""Sign-in forms."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from shop import tries


class SignInForm(AuthenticationForm):
    """Django's own form, with a limit of attempts per account."""

    def clean(self) -> dict[str, Any]:
        """Return the name and the password if they are right."""
        username = self.cleaned_data.get("username", "")
        try:
            tries.count(username)
        except tries.TooManyTriesError as error:
            raise ValidationError(str(error), code="too_many_tries") from error
        cleaned = super().clean()
        if self.get_user() is not None:  # without a password Django neither checks nor raises
            tries.forget(username)
        return cleaned


class AdminSignInForm(SignInForm, AdminAuthenticationForm):
    """The same form for the admin."""
