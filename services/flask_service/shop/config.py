"""Settings, read from the environment once."""

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T", int, float)


class ConfigurationError(Exception):
    """A setting is missing or invalid."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of this process. The environment variables have the same names in capitals."""

    database_url: str
    database_connections: int
    secret_key: str
    inventory_url: str
    analytics_url: str
    data_access: str
    serialiser: str
    sources: str
    upstream_connections: int
    upstream_timeout_s: float = 1.0
    token_lifetime_s: int = 3600
    other_hosts: tuple[str, ...] = ()  # served besides the loopback

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read the settings; ConfigurationError names the one that is missing or invalid."""
        return cls(
            database_url=_required(environment, "DATABASE_URL"),
            database_connections=_number(environment, "DATABASE_CONNECTIONS", int),
            secret_key=_required(environment, "SECRET_KEY"),
            inventory_url=_required(environment, "INVENTORY_URL"),
            analytics_url=_required(environment, "ANALYTICS_URL"),
            data_access=_one_of(environment, "DATA_ACCESS", ("orm", "raw")),
            serialiser=_one_of(environment, "SERIALISER", ("marshmallow", "none")),
            sources=_one_of(environment, "SOURCES", ("in turn", "threads")),
            upstream_connections=_number(environment, "UPSTREAM_CONNECTIONS", int),
            upstream_timeout_s=_number(environment, "UPSTREAM_TIMEOUT_S", float, default="1.0"),
            token_lifetime_s=_number(environment, "TOKEN_LIFETIME_S", int, default="3600"),
            other_hosts=_listed(environment, "OTHER_HOSTS"),
        )

    def for_flask(self) -> dict[str, Any]:
        """Return the configuration of Flask and its extensions."""
        return {
            "SECRET_KEY": self.secret_key,
            "SESSION_COOKIE_SAMESITE": "Lax",
            # Browsers treat the loopback as secure, like TLS.
            "SESSION_COOKIE_SECURE": True,
            "TRUSTED_HOSTS": ["127.0.0.1", "localhost", *self.other_hosts],
            "MAX_CONTENT_LENGTH": 2**20,  # bytes of a body
            "TOKEN_LIFETIME_S": self.token_lifetime_s,
            "API_TITLE": "Shop on Flask",
            "API_VERSION": "1",
            "OPENAPI_VERSION": "3.1.0",
            "OPENAPI_URL_PREFIX": "/",
        }


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise ConfigurationError(f"the environment variable {name} is not set: set it")
    return value


def _number(
    environment: Mapping[str, str], name: str, kind: Callable[[str], T], default: str = ""
) -> T:
    text = environment.get(name) or default or _required(environment, name)
    try:
        number = kind(text)
    except ValueError:
        number = kind("0")
    if not 0 < number < math.inf:
        raise ConfigurationError(f"{name} is {text!r}: use a number above 0")
    return number


def _listed(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    values = environment.get(name, "").split(",")
    return tuple(text for value in values if (text := value.strip()))


def _one_of(environment: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = _required(environment, name)
    if value not in allowed:
        raise ConfigurationError(f"{name} is {value!r}: use one of {', '.join(allowed)}")
    return value
