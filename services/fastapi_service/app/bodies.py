"""How bodies are read: up to a limit, and as UTF-8."""

import json
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

LARGEST = 2**20  # bytes


class LimitedRequest(Request):
    """A request whose body is read up to a limit, whose refusal is like every other of the API."""

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body, a piece at a time; 413 once it is too large."""
        size = 0
        async for piece in super().stream():
            size += len(piece)
            if size > LARGEST:
                raise HTTPException(413, "The body is too large")
            yield piece


class Utf8Request(LimitedRequest):
    """A request whose JSON has to be UTF-8: json.loads() alone takes UTF-16 and UTF-32, too."""

    async def json(self) -> Any:
        """The body; what is not UTF-8 or not JSON raises, which FastAPI answers with a 4xx."""
        return json.loads((await self.body()).decode())


class Utf8Route(APIRoute):
    """Hands its requests on as Utf8Request."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own handler, given the other request."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await handler(Utf8Request(request.scope, request.receive))

        return handle
