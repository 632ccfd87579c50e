"""How bodies of JSON are read."""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute


class Utf8Request(Request):
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
