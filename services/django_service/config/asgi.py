"""The ASGI application that uvicorn serves."""

import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# The few static files (admin, documentation) come from their packages, without collectstatic.
django = ASGIStaticFilesHandler(get_asgi_application())

# These read the settings.
from plain_api.data import data  # noqa: E402
from shop.upstreams import gathered  # noqa: E402

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Call Django for every request.

    Django does not support the lifespan, which opens and closes what its requests share.
    """
    if scope["type"] == "lifespan":
        await _live(receive, send)
    else:
        await django(scope, receive, send)


async def _live(receive: Receive, send: Send) -> None:
    await receive()  # lifespan.startup
    async with AsyncExitStack() as ends:
        # All connections are open before the first request: no request has to open one.
        await ends.enter_async_context(data.open_connections())
        await ends.enter_async_context(gathered.open_clients())
        await send({"type": "lifespan.startup.complete"})
        await receive()  # lifespan.shutdown
    await send({"type": "lifespan.shutdown.complete"})
