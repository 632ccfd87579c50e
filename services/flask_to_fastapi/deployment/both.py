"""FastAPI in front, and Flask for every route that has not moved."""

import os
from collections.abc import Collection
from typing import Any

import shop
from a2wsgi import WSGIMiddleware
from app import application
from app.dependencies import ShopDep
from app.schemas import PoolUse
from app.settings import Settings
from fastapi import APIRouter, FastAPI
from flask import Flask
from shop.data import data_access

from .document import joined
from .groups import GROUPS


def create_app(moved: Collection[str]) -> FastAPI:
    """Create the application; Flask has as many threads as with any other server."""
    flask = shop.create_app()
    app = _with_routes(moved, flask) if moved else FastAPI(openapi_url=None)
    app.mount("/", WSGIMiddleware(flask, workers=int(os.environ["THREADS"])))
    return app


def _with_routes(moved: Collection[str], flask: Flask) -> FastAPI:
    routers = [GROUPS[name] for name in moved]
    app = application.create_app(Settings.from_environment(), [*routers, _pools(flask)])
    document = joined(app.openapi(), _document_of(flask))
    app.openapi = lambda: document
    return app


def _pools(flask: Flask) -> APIRouter:
    """Create the route for the pools: each framework has its own."""
    router = APIRouter(tags=["measuring"])

    @router.get("/pool")
    async def pool(shop: ShopDep) -> PoolUse:
        """Return the counts of both pools since the process started; takes no connection."""
        with flask.app_context():
            old, new = data_access().pool_use(), shop.pool_use()
        return PoolUse.model_validate({name: old[name] + new[name] for name in new})

    return router


def _document_of(flask: Flask) -> dict[str, Any]:
    document: dict[str, Any] = flask.test_client().get("/openapi.json").get_json()
    return document
