"""Application to serve: uvicorn deployment.asgi:application"""

from typing import Any

from config.asgi import Receive, Send, django

from .api import create_api

OF_DJANGO = ("/admin", "/account", "/catalog", "/static/")
"""Prefixes of the paths that Django serves; those of its login begin with /accounts."""

api = create_api()


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Call Django for its pages, FastAPI for everything else and for the lifespan."""
    app = django if scope.get("path", "").startswith(OF_DJANGO) else api
    await app(scope, receive, send)
