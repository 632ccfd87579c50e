"""What serves: uvicorn deployment.asgi:application"""

from typing import Any

from config.asgi import Receive, Send, django

from .api import create_api

OF_DJANGO = ("/admin", "/account", "/catalog", "/static/")
"""What the paths begin with that Django answers; those of its login begin with /accounts."""

api = create_api()


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Django for its pages, FastAPI for all else and for the process's start and end."""
    answer = django if scope.get("path", "").startswith(OF_DJANGO) else api
    await answer(scope, receive, send)
