"""Resources that the service opens before its first request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from anyio.to_thread import current_default_thread_limiter

from ..settings import Settings
from .data import open_shop
from .upstreams import open_upstreams


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[dict[str, Any]]:
    """Open shop and upstreams, with all database connections open.

    The first requests start the threads, at most as many as the settings allow.
    """
    current_default_thread_limiter().total_tokens = settings.threads
    with open_shop(settings) as shop, open_upstreams(settings) as upstreams:
        yield {"shop": shop, "upstreams": upstreams}
