"""What the service opens before its first request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from anyio.to_thread import current_default_thread_limiter

from ..settings import Settings
from .data import open_shop
from .upstreams import open_upstreams


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[dict[str, Any]]:
    """Shop and upstreams by name, every connection to the database open; threads come with the
    first requests, no more of them than the settings say."""
    current_default_thread_limiter().total_tokens = settings.threads
    with open_shop(settings) as shop, open_upstreams(settings) as upstreams:
        yield {"shop": shop, "upstreams": upstreams}
