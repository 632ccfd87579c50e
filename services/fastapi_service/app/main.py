"""The application: uvicorn app.main:app"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi_standalone_docs import StandaloneDocs

from .data import open_shop
from .errors import add_error_handlers
from .routers import catalog, dashboard, ping, products, tokens, users
from .settings import Settings
from .upstreams import open_upstreams


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    """Open all connections to the database before the first request, and close them at the end."""
    settings = Settings.from_environment()
    async with open_shop(settings) as shop, open_upstreams(settings) as upstreams:
        yield {"settings": settings, "shop": shop, "upstreams": upstreams}


app = FastAPI(title="Shop on FastAPI", lifespan=lifespan, redirect_slashes=False)
# The pages at /docs and /redoc from files of a package: FastAPI's own load them from a CDN.
StandaloneDocs(app)
add_error_handlers(app)
for router in (ping, users, products, tokens, dashboard, catalog):
    app.include_router(router.router)
