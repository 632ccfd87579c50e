"""Settings, from the environment."""

import os
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, ValidationError

Text = Annotated[str, Field(min_length=1)]


class SettingsError(Exception):
    """A setting is missing or has a value that cannot be used."""


class Settings(BaseModel, frozen=True):
    """What this process is told. The names in the environment are the same in capitals."""

    database_url: Text
    database_connections: int = Field(ge=1)
    secret_key: Text
    inventory_url: Text
    analytics_url: Text
    data_access: Literal["orm", "raw"]
    upstream_connections: int = Field(ge=1)
    upstream_timeout_s: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    token_lifetime_s: int = Field(default=3600, gt=0)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The settings; SettingsError names each one that is missing or wrong."""
        given = {name: environment.get(name.upper()) for name in cls.model_fields}
        try:
            return cls.model_validate({name: text for name, text in given.items() if text})
        except ValidationError as error:
            faults = [f"{str(each['loc'][0]).upper()}: {each['msg']}" for each in error.errors()]
            raise SettingsError(f"correct the environment: {'; '.join(faults)}") from None
