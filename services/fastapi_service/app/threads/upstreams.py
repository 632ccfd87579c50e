"""Requests to the upstream services, one after another."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from ..settings import Settings
from ..upstreams.answers import NONSENSE, read_json


@dataclass(frozen=True, slots=True)
class Upstreams:
    """Sends requests over persistent connections."""

    inventory: httpx.Client
    analytics: httpx.Client
    timeout_s: float

    def stock(self) -> Any | None:
        """Return the inventory's response; None if it fails, is late or is not valid JSON."""
        return _ask(self.inventory, "/stock", self.timeout_s)

    def metrics(self) -> Any | None:
        """Return the response of the analytics; None in the same cases."""
        return _ask(self.analytics, "/metrics", self.timeout_s)

    def sources(self, count: int, delay_ms: int) -> list[Any | None]:
        """Return the responses of the inventory's sources, by number; each takes `delay_ms`."""
        timeout_s = self.timeout_s + delay_ms / 1e3
        return [
            _ask(self.inventory, f"/source/{number}/{delay_ms}", timeout_s)
            for number in range(1, count + 1)
        ]


@contextmanager
def open_upstreams(settings: Settings) -> Iterator[Upstreams]:
    """Open a client for each, shared by all threads for the life of the process."""
    connections = settings.upstream_connections
    with (
        _client(settings.inventory_url, connections) as inventory,
        _client(settings.analytics_url, connections) as analytics,
    ):
        yield Upstreams(inventory, analytics, settings.upstream_timeout_s)


def _client(base_url: str, connections: int) -> httpx.Client:
    limits = httpx.Limits(
        max_connections=connections,
        # Keep all connections: by default, httpx closes idle ones beyond 20, or after 5 s.
        max_keepalive_connections=connections,
        keepalive_expiry=None,
    )
    return httpx.Client(base_url=base_url, limits=limits, trust_env=False)


def _ask(client: httpx.Client, path: str, timeout_s: float) -> Any | None:
    try:
        # Waiting for a free connection of our own does not count as late.
        response = client.get(path, timeout=httpx.Timeout(timeout_s, pool=None))
        return read_json(response.content) if response.status_code == 200 else None
    except (httpx.HTTPError, *NONSENSE):
        return None
