"""The body of one response, between the socket that receives it and the coroutine that reads it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Protocol

import httpx

HIGH_WATER_BYTES = 256 * 1024  # unread bytes of a response above which the socket is paused


class Source(Protocol):
    """The source of a body: a Link."""

    def expect_more(self) -> None: ...
    def abort(self) -> None: ...


class Body(httpx.AsyncByteStream):
    """The body of one response, as it arrives. `done_ns` is set once it is `complete`."""

    __slots__ = ("_error", "_link", "_waiter", "buffered", "chunks", "complete", "done_ns")

    def __init__(self, link: Source) -> None:
        self._link = link
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.chunks: deque[bytes] = deque()
        self.buffered = 0
        self.complete = False
        self.done_ns = 0

    def feed(self, data: bytes) -> None:
        """Append a piece of the body."""
        self.chunks.append(data)
        self.buffered += len(data)

    def wake(self) -> None:
        """Wake the reader: there is a new piece, the end, or an error."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def fail(self, error: Exception) -> None:
        """End the body with `error`; the reader sees it after the pieces that have arrived."""
        self._error = error
        self.wake()

    async def whole(self) -> bytes:
        """Wait until the body is complete and return it. Raises the error that truncated it."""
        if self.complete and len(self.chunks) == 1:
            return self.chunks.popleft()
        return b"".join([piece async for piece in self])

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            while self.chunks:
                data = self.chunks.popleft()
                self.buffered -= len(data)
                yield data
            if self.complete:
                return
            if self._error is not None:
                raise self._error
            await self._more()

    async def _more(self) -> None:
        self._link.expect_more()
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        except asyncio.CancelledError:
            self._link.abort()
            raise

    async def aclose(self) -> None:
        """Close the body; if the response is incomplete, its connection is closed too."""
        if not self.complete:
            self._link.abort()
