"""The application, put together as its settings say."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi_standalone_docs import StandaloneDocs
from starlette.routing import Route

from .hosts import HostsChecked
from .methods import told_all_methods
from .page_headers import with_document_headers
from .settings import Settings

TITLE = "Shop on FastAPI"


def create_app(settings: Settings, routers: Iterable[APIRouter] | None = None) -> FastAPI:
    """The service by way of the modules that the settings name, with all routes or with `routers`.

    `threads` has those of this package whose functions are async here; `plain` those that use
    Pydantic here.
    """
    concurrency = {"async": "", "threads": ".threads"}[settings.concurrency]
    serialiser = {"pydantic": "", "none": ".plain"}[settings.serialiser]
    resources = _module(f"{concurrency}.resources")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        """Open all connections to the database before the first request, and close them at last."""
        async with resources.opened(settings) as state:
            yield {"settings": settings, **state}

    app = FastAPI(title=TITLE, lifespan=lifespan, redirect_slashes=False)
    # The pages at /docs and /redoc from files of a package: FastAPI's own load them from a CDN.
    StandaloneDocs(app)
    _guard_documents(app)
    app.add_middleware(HostsChecked, others=settings.other_hosts)
    app.add_exception_handler(405, told_all_methods)
    _module(f"{serialiser}.errors").add_error_handlers(app)
    every = _routers(f"{concurrency}{serialiser}")
    _include(app, every if routers is None else routers)
    if serialiser:
        # Routes without schemas document nothing by themselves, and mean the same as those with.
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
