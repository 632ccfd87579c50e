"""Reading of bodies: up to a limit, and as UTF-8."""

import json
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

LARGEST = 2**20  # bytes


class LimitedRequest(Request):
    """A request whose body is read up to a limit; its refusal is like all others of the API."""

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Yield the body in pieces; 413 once it is too large."""
        size = 0
        async for piece in super().stream():
            size += len(piece)
            if size > LARGEST:
                raise HTTPException(413, "The body is too large")
            yield piece


class Utf8Request(LimitedRequest):
    """A request whose JSON must be UTF-8: json.loads() also accepts UTF-16 and UTF-32."""

    async def json(self) -> Any:
        """Return the body; what is not UTF-8 or not JSON raises an error, which gives a 4xx."""
        return json.loads((await self.body()).decode())


class Utf8Route(APIRoute):
    """A route whose requests are Utf8Request."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's own handler, called with a Utf8Request."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await handler(Utf8Request(request.scope, request.receive))

        return handle
