"""What other services are asked, and what of their answers counts: for every way to ask."""

from dataclasses import dataclass
from typing import Any

import httpx
from django.conf import settings

UPSTREAMS = {"inventory": settings.INVENTORY_URL, "analytics": settings.ANALYTICS_URL}
# What a request or reading its answer raises when there is none that makes sense.
FAILURES = (httpx.HTTPError, ValueError, RecursionError)


@dataclass(frozen=True, slots=True)
class Question:
    """What to get of which upstream; it may take `delay_ms` longer than others."""

    upstream: str
    path: str
    delay_ms: int = 0

    @property
    def timeout(self) -> httpx.Timeout:
        """When the upstream is late. A wait for a free connection of ours is not its fault."""
        return httpx.Timeout(settings.UPSTREAM_TIMEOUT_S + self.delay_ms / 1e3, pool=None)


DASHBOARD = (Question("inventory", "/stock"), Question("analytics", "/metrics"))


def sources(count: int, delay_ms: int) -> list[Question]:
    """A question to each source from 1 to `count`, all of which answer after `delay_ms`."""
    numbers = range(1, count + 1)
    return [Question("inventory", f"/source/{n}/{delay_ms}", delay_ms) for n in numbers]


def client_options(base_url: str) -> dict[str, Any]:
    """How the client of an upstream is made."""
    connections = settings.UPSTREAM_CONNECTIONS
    # All are kept: httpx would close idle ones beyond 20, or after 5 s.
    limits = httpx.Limits(
        max_connections=connections,
        max_keepalive_connections=connections,
        keepalive_expiry=None,
    )
    return {"base_url": base_url, "limits": limits, "trust_env": False}


def content(response: httpx.Response) -> Any:
    """What the response says, or None where it is no answer; one of FAILURES is raised."""
    if response.status_code != httpx.codes.OK:
        return None
    return response.json(parse_constant=_refuse)


def _refuse(constant: str) -> None:
    # Python reads NaN and Infinity, which our own answer could not carry.
    raise ValueError(f"{constant} is not JSON")
