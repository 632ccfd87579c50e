"""Asking from an event loop."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx

from shop.upstreams.questions import FAILURES, UPSTREAMS, Question, client_options, content

# A client for each, for the life of the process.
_clients = {name: httpx.AsyncClient(**client_options(url)) for name, url in UPSTREAMS.items()}


@asynccontextmanager
async def open_clients() -> AsyncIterator[None]:
    """Close all connections at the end."""
    async with AsyncExitStack() as ends:
        for client in _clients.values():
            await ends.enter_async_context(client)
        yield


async def answer_to(question: Question) -> Any:
    """The answer; None for a question that fails, is late or makes no sense."""
    try:
        client = _clients[question.upstream]
        return content(await client.get(question.path, timeout=question.timeout))
    except FAILURES:
        return None
