"""Requests to an upstream with aiohttp."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

from . import Ask
from .answers import NONSENSE, read_json

KEPT_S = 86_400  # by default, aiohttp closes idle ones after 15 s


@asynccontextmanager
async def open_client(base_url: str, connections: int) -> AsyncIterator[Ask]:
    """Open a client that keeps `connections` open."""
    connector = TCPConnector(limit=connections, keepalive_timeout=KEPT_S)
    async with ClientSession(base_url, connector=connector, cookie_jar=DummyCookieJar()) as session:

        async def ask(path: str, timeout_s: float) -> Any | None:
            # Waiting for a free connection of our own does not count as late.
            timeout = ClientTimeout(total=None, sock_connect=timeout_s, sock_read=timeout_s)
            try:
                async with session.get(path, timeout=timeout, allow_redirects=False) as response:
                    return read_json(await response.read()) if response.status == 200 else None
            except (ClientError, TimeoutError, *NONSENSE):
                return None

        yield ask
