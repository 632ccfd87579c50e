"""Settings, read from the environment."""

import os
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

Text = Annotated[str, Field(min_length=1)]

# Values that require another setting to have a certain value.
_NEEDS = (
    (("serialiser", "none"), ("data_access", "raw")),
    (("data_access", "tortoise"), ("driver", "asyncpg")),
    (("searches", "gather"), ("data_access", "raw")),
    (("searches", "gather"), ("driver", "asyncpg")),
    (("concurrency", "threads"), ("driver", "psycopg")),
    (("concurrency", "threads"), ("sources", "in turn")),
    (("concurrency", "threads"), ("http_client", "httpx")),
)


class SettingsError(Exception):
    """A setting is missing or invalid."""


class Settings(BaseModel, frozen=True):
    """Settings of this process. The environment variables have the same names in capitals."""

    database_url: Text
    database_connections: int = Field(ge=1)
    secret_key: Text
    inventory_url: Text
    analytics_url: Text
    data_access: Literal["orm", "raw", "tortoise"]
    driver: Literal["asyncpg", "psycopg"]
    serialiser: Literal["pydantic", "none"]
    concurrency: Literal["async", "threads"]
    threads: int = Field(ge=1)
    sources: Literal["in turn", "gather"]
    http_client: Literal["httpx", "aiohttp"]
    searches: Literal["in turn", "gather"]
    upstream_connections: int = Field(ge=1)
    upstream_timeout_s: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    token_lifetime_s: int = Field(default=3600, gt=0)
    other_hosts: str = ""  # served besides the loopback, comma-separated

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings; SettingsError names each one that is missing or invalid.

        With another framework in the process, which reads the same names, variables with the prefix
        FASTAPI_ apply to this one only.
        """
        given = {
            name: environment.get(f"FASTAPI_{name.upper()}") or environment.get(name.upper())
            for name in cls.model_fields
        }
        try:
            return cls.model_validate({name: text for name, text in given.items() if text})
        except ValidationError as error:
            faults = "; ".join(map(_fault_text, error.errors()))
            raise SettingsError(f"correct the environment: {faults}") from None

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        """Reject combinations that are not supported."""
        for (name, value), (other, only) in _NEEDS:
            if getattr(self, name) == value and getattr(self, other) != only:
                raise ValueError(f"{name.upper()}={value} requires {other.upper()}={only}")
        return self


def _fault_text(fault: ErrorDetails) -> str:
    return ": ".join([*(str(part).upper() for part in fault["loc"]), fault["msg"]])
