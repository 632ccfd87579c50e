"""Requests to other services and the check of their responses, for all ways of sending them."""

from dataclasses import dataclass
from typing import Any

import httpx
from django.conf import settings

UPSTREAMS = {"inventory": settings.INVENTORY_URL, "analytics": settings.ANALYTICS_URL}
# Exceptions of a request without a valid response.
FAILURES = (httpx.HTTPError, ValueError, RecursionError)


@dataclass(frozen=True, slots=True)
class Question:
    """A request to an upstream, whose time limit is `delay_ms` longer than usual."""

    upstream: str
    path: str
    delay_ms: int = 0

    @property
    def timeout(self) -> httpx.Timeout:
        """Return the time limits. Waiting for a free connection of our own does not count."""
        return httpx.Timeout(settings.UPSTREAM_TIMEOUT_S + self.delay_ms / 1e3, pool=None)


DASHBOARD = (Question("inventory", "/stock"), Question("analytics", "/metrics"))


def sources(count: int, delay_ms: int) -> list[Question]:
    """Return a request to each source from 1 to `count`, all with `delay_ms`."""
    numbers = range(1, count + 1)
    return [Question("inventory", f"/source/{n}/{delay_ms}", delay_ms) for n in numbers]


def client_options(base_url: str) -> dict[str, Any]:
    """Return the options of an upstream's client."""
    connections = settings.UPSTREAM_CONNECTIONS
    # Keep all connections: by default, httpx closes idle ones beyond 20, or after 5 s.
    limits = httpx.Limits(
        max_connections=connections,
        max_keepalive_connections=connections,
        keepalive_expiry=None,
    )
    return {"base_url": base_url, "limits": limits, "trust_env": False}


def content(response: httpx.Response) -> Any:
    """Return the response's JSON, or None without status 200; raises one of FAILURES."""
    if response.status_code != httpx.codes.OK:
        return None
    return response.json(parse_constant=_refuse)


def _refuse(constant: str) -> None:
    # Python reads NaN and Infinity, which our own response could not contain.
    raise ValueError(f"{constant} is not JSON")
