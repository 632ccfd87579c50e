"""Requests from an event loop."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx

from shop.upstreams.questions import FAILURES, UPSTREAMS, Question, client_options, content

# One client per upstream, for the life of the process.
_clients = {name: httpx.AsyncClient(**client_options(url)) for name, url in UPSTREAMS.items()}


@asynccontextmanager
async def open_clients() -> AsyncIterator[None]:
    """Close all connections at the end."""
    async with AsyncExitStack() as ends:
        for client in _clients.values():
            await ends.enter_async_context(client)
        yield


async def answer_to(question: Question) -> Any:
    """Return the response; None if the request fails, is late or its response is not valid JSON."""
    try:
        client = _clients[question.upstream]
        return content(await client.get(question.path, timeout=question.timeout))
    except FAILURES:
        return None
