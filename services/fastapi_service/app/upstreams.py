"""The two services that the dashboard asks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from .settings import Settings


@dataclass(frozen=True, slots=True)
class Upstreams:
    """Asks by name, over connections that are kept between requests."""

    inventory: httpx.AsyncClient
    analytics: httpx.AsyncClient

    async def stock(self) -> Any | None:
        """What the inventory says, or None when it fails, is late or makes no sense."""
        return await _ask(self.inventory, "/stock")

    async def metrics(self) -> Any | None:
        """What the analytics say, or None likewise."""
        return await _ask(self.analytics, "/metrics")


@asynccontextmanager
async def open_upstreams(settings: Settings) -> AsyncIterator[Upstreams]:
    """A client for each, for the life of the process."""
    async with (
        _client(settings.inventory_url, settings) as inventory,
        _client(settings.analytics_url, settings) as analytics,
    ):
        yield Upstreams(inventory, analytics)


def _client(base_url: str, settings: Settings) -> httpx.AsyncClient:
    # No more than a threaded stack has. httpx looks through all of a client's connections at each
    # request: at 100 users, one client with 100 took twice the CPU.
    connections = settings.upstream_connections
    return httpx.AsyncClient(
        base_url=base_url,
        # All are kept: httpx would close idle ones beyond 20, or after 5 s.
        limits=httpx.Limits(
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=None,
        ),
        # A wait for a free connection of ours is not the upstream being late.
        timeout=httpx.Timeout(settings.upstream_timeout_s, pool=None),
        trust_env=False,
    )


async def _ask(client: httpx.AsyncClient, path: str) -> Any | None:
    try:
        response = await client.get(path)
        if response.status_code != httpx.codes.OK:
            return None
        return response.json(parse_constant=_refuse)
    except (httpx.HTTPError, ValueError, RecursionError):
        return None


def _refuse(constant: str) -> None:
    # Python reads NaN and Infinity, which our own answer could not carry.
    raise ValueError(f"{constant} is not JSON")
