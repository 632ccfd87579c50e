"""Requests to an upstream with httpx."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from . import Ask
from .answers import NONSENSE, read_json


@asynccontextmanager
async def open_client(base_url: str, connections: int) -> AsyncIterator[Ask]:
    """Open a client that keeps `connections` open."""
    # No more than a threaded stack has. httpx looks through all of a client's connections at each
    # request: at 100 users, one client with 100 took twice the CPU.
    limits = httpx.Limits(
        max_connections=connections,
        # Keep all connections: by default, httpx closes idle ones beyond 20, or after 5 s.
        max_keepalive_connections=connections,
        keepalive_expiry=None,
    )
    async with httpx.AsyncClient(base_url=base_url, limits=limits, trust_env=False) as client:

        async def ask(path: str, timeout_s: float) -> Any | None:
            try:
                # Waiting for a free connection of our own does not count as late.
                response = await client.get(path, timeout=httpx.Timeout(timeout_s, pool=None))
                return read_json(response.content) if response.status_code == 200 else None
            except (httpx.HTTPError, *NONSENSE):
                return None

        yield ask
