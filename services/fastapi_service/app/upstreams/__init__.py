"""Requests to the upstream services, at once or one after another."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ..settings import Settings

Ask = Callable[[str, float], Coroutine[Any, Any, Any | None]]
"""Called with a path and a time limit in seconds: returns the upstream's response, or None if it
fails, is late or is not valid JSON."""

AskAll = Callable[..., Awaitable[list[Any]]]


@dataclass(frozen=True, slots=True)
class Upstreams:
    """Sends requests over persistent connections."""

    inventory: Ask
    analytics: Ask
    timeout_s: float
    ask_all: AskAll

    async def stock(self) -> Any | None:
        """Return the inventory's response."""
        return await self.inventory("/stock", self.timeout_s)

    async def metrics(self) -> Any | None:
        """Return the response of the analytics."""
        return await self.analytics("/metrics", self.timeout_s)

    async def sources(self, count: int, delay_ms: int) -> list[Any | None]:
        """Return the responses of the inventory's sources, by number; each takes `delay_ms`."""
        timeout_s = self.timeout_s + delay_ms / 1e3
        paths = [f"/source/{number}/{delay_ms}" for number in range(1, count + 1)]
        return await self.ask_all(*(self.inventory(path, timeout_s) for path in paths))


@asynccontextmanager
async def open_upstreams(settings: Settings) -> AsyncIterator[Upstreams]:
    """Open a client for each, for the life of the process."""
    client = import_module(f".with_{settings.http_client}", __name__)
    connections = settings.upstream_connections
    ask_all = asyncio.gather if settings.sources == "gather" else in_turn
    async with (
        client.open_client(settings.inventory_url, connections) as inventory,
        client.open_client(settings.analytics_url, connections) as analytics,
    ):
        yield Upstreams(inventory, analytics, settings.upstream_timeout_s, ask_all)


async def in_turn(*awaitables: Coroutine[Any, Any, Any]) -> list[Any]:
    """Return the same as asyncio.gather(), but await one after another."""
    return [await each for each in awaitables]
