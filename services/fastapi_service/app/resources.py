"""Resources that the service opens before its first request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from .data import open_shop
from .settings import Settings
from .upstreams import open_upstreams


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[dict[str, Any]]:
    """Open shop and upstreams, with all database connections open."""
    async with open_shop(settings) as shop, open_upstreams(settings) as upstreams:
        yield {"shop": shop, "upstreams": upstreams}
