"""Django's forms as validators of requests."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from shop import validators
from shop.fields import DigitsField


class JsonCharField(forms.CharField):
    """A JSON string, unchanged."""

    default_validators = (validators.validate_encodable,)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)

    def to_python(self, value: Any) -> Any:
        """Return the string; a number is not accepted."""
        if value is not None and not isinstance(value, str):
            raise ValidationError("Not a valid string.", code="invalid")
        return super().to_python(value)


class JsonIntegerField(forms.IntegerField):
    """A JSON integer."""

    def to_python(self, value: Any) -> int | None:
        """Return the number; "30", 30.0 and true are not accepted."""
        if value is not None and type(value) is not int:
            raise ValidationError("A valid integer is required.", code="invalid")
        return value


class UserForm(forms.Form):
    """A user to create or replace."""

    username = JsonCharField(min_length=validators.USERNAME_MIN, max_length=validators.USERNAME_MAX)
    email = JsonCharField(max_length=validators.EMAIL_MAX, validators=[validators.validate_email])
    age = JsonIntegerField(min_value=validators.AGE_MIN, max_value=validators.AGE_MAX)


class UserPageForm(forms.Form):
    """Number of users, and the id after which they begin."""

    limit = DigitsField(min_value=1, max_value=validators.PAGE_LIMIT_MAX)
    after = DigitsField(min_value=0)

    def __init__(self, query: QueryDict) -> None:
        # An empty value is an error; only a missing one gets the default.
        super().__init__({"limit": validators.PAGE_LIMIT_DEFAULT, "after": 0} | query.dict())


class SearchForm(forms.Form):
    """Text to search for, literally."""

    q = forms.CharField(max_length=validators.SEARCH_MAX, strip=False)


class SourcesForm(forms.Form):
    """Number of sources, and the delay of each."""

    count = DigitsField(min_value=1, max_value=validators.SOURCES_MAX)
    delay_ms = DigitsField(min_value=0, max_value=validators.DELAY_MAX_MS)

    def __init__(self, query: QueryDict) -> None:
        defaults = {"count": validators.SOURCES_DEFAULT, "delay_ms": validators.DELAY_DEFAULT_MS}
        super().__init__(defaults | query.dict())


class CredentialsForm(forms.Form):
    """The OAuth2 password form."""

    username = forms.CharField(strip=False)
    password = forms.CharField(strip=False)
