"""The application, assembled according to its settings."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi_standalone_docs import StandaloneDocs
from starlette.routing import Route

from .hosts import HostsChecked
from .methods import method_not_allowed
from .page_headers import with_document_headers
from .settings import Settings

TITLE = "Shop on FastAPI"


def create_app(settings: Settings, routers: Iterable[APIRouter] | None = None) -> FastAPI:
    """Create the service from the modules that the settings choose, with all routes or `routers`.

    `threads` contains versions of this package's modules without async; `plain` contains versions
    without Pydantic.
    """
    concurrency = {"async": "", "threads": ".threads"}[settings.concurrency]
    serialiser = {"pydantic": "", "none": ".plain"}[settings.serialiser]
    resources = _module(f"{concurrency}.resources")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        """Open all database connections before the first request, and close them at the end."""
        async with resources.opened(settings) as state:
            yield {"settings": settings, **state}

    app = FastAPI(title=TITLE, lifespan=lifespan, redirect_slashes=False)
    # /docs and /redoc with files from a package: FastAPI's own pages load them from a CDN.
    StandaloneDocs(app)
    _guard_documents(app)
    app.add_middleware(HostsChecked, others=settings.other_hosts)
    app.add_exception_handler(405, method_not_allowed)
    _module(f"{serialiser}.errors").add_error_handlers(app)
    every = _routers(f"{concurrency}{serialiser}")
    _include(app, every if routers is None else routers)
    if serialiser:
        # Routes without schemas have no documentation; that of the routes with schemas applies.
        documented = FastAPI(title=TITLE)
        _include(documented, _routers(concurrency))
        app.openapi = documented.openapi
    return app


def _guard_documents(app: FastAPI) -> None:
    for route in app.routes:
        if isinstance(route, Route) and route.path in (app.docs_url, app.redoc_url):
            route.app = with_document_headers(route.app)


def _include(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    for router in routers:
        app.include_router(router)


def _routers(package: str) -> list[APIRouter]:
    routers: list[APIRouter] = _module(f"{package}.routers").ROUTERS
    return routers


def _module(name: str) -> Any:
    return import_module(name, __package__)
