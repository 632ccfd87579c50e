"""The two services that the dashboard asks."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from .settings import Settings

# As many as httpx opens by default, but kept: by default all but 20 are closed after each use.
CONNECTIONS = 100


@dataclass(frozen=True, slots=True)
class Upstreams:
    """Asks by name, over connections that are kept between requests."""

    client: httpx.AsyncClient
    urls: dict[str, str]

    async def ask(self, name: str) -> Any | None:
        """What the upstream says, or None when it fails, is late or makes no sense."""
        try:
            response = await self.client.get(self.urls[name])
            return response.json() if response.status_code == httpx.codes.OK else None
        except (httpx.HTTPError, ValueError):
            return None


@asynccontextmanager
async def open_upstreams(settings: Settings) -> AsyncIterator[Upstreams]:
    """One client for the process."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    # A wait for a free connection of ours is not the upstream being late.
    timeout = httpx.Timeout(settings.upstream_timeout_s, pool=None)
    async with httpx.AsyncClient(limits=limits, timeout=timeout, trust_env=False) as client:
        yield Upstreams(
            client,
            {
                "inventory": f"{settings.inventory_url.rstrip('/')}/stock",
                "analytics": f"{settings.analytics_url.rstrip('/')}/metrics",
            },
        )
