"""One socket from its opening to its end: asyncio.Protocol + httptools, one request at a time.

    exchange ──write──▶ socket ──▶ data_received ──▶ httptools ──▶ on_* callbacks
        ▲                                                               │
        └──────────── future: resolved once the headers are complete ◀──┘

A small answer arrives in one piece, so its body is already complete when the future resolves; a
large one is read on through `Body`, with the socket paused while the reader is behind.

Times are taken where they happen: `sent_ns` before the request is written, `done_ns` when the last
byte was read from the socket, before any coroutine wakes up. Clock: `time.perf_counter_ns`.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from time import perf_counter_ns

import httptools
import httpx

from webtrial.measure.load.wire import chunk, head_of, is_chunked, render

HIGH_WATER_BYTES = 256 * 1024  # of an answer not yet read: then the socket is paused


class Closed(httpx.RemoteProtocolError):
    """The server closed the connection before it answered at all."""


class Truncated(httpx.RemoteProtocolError):
    """The server closed the connection in the middle of an answer."""


class Body(httpx.AsyncByteStream):
    """The body of one answer, as it arrives. `done_ns` is set once it is `complete`."""

    __slots__ = ("_error", "_link", "_waiter", "buffered", "chunks", "complete", "done_ns")

    def __init__(self, link: "Link") -> None:
        self._link = link
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.chunks: deque[bytes] = deque()
        self.buffered = 0
        self.complete = False
        self.done_ns = 0

    def feed(self, data: bytes) -> None:
        """Take a piece of the body in."""
        self.chunks.append(data)
        self.buffered += len(data)

    def wake(self) -> None:
        """Let the reader go on: there is a piece, the end, or an error."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def fail(self, error: Exception) -> None:
        """End the body with `error`: the reader sees it after the pieces that did arrive."""
        self._error = error
        self.wake()

    async def whole(self) -> bytes:
        """The body once it is complete; raises what cut it short."""
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
        self._link.resume_reading()
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        except asyncio.CancelledError:
            self._link.abort()
            raise

    async def aclose(self) -> None:
        """An answer that is left unread takes its connection with it."""
        if not self.complete:
            self._link.abort()


class Link(asyncio.Protocol):
    """One socket. `on_end` is called with the time when a request is over, whichever way."""

    def __init__(self, on_end: Callable[[int], None]) -> None:
        self.is_open = False
        self._on_end = on_end
        self._parser = httptools.HttpResponseParser(self)
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[httpx.Response] | None = None  # while a request is in progress
        self._body: Body | None = None  # from its headers on
        self._writable: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline_ns = 0
        self._read_ns = 0
        self._now_ns = 0

    @property
    def is_busy(self) -> bool:
        """Whether a request is in progress."""
        return self._answer is not None

    async def exchange(self, request: httpx.Request, sent_ns: int) -> httpx.Response:
        """Send `request`; its answer once the headers are there."""
        self._answer = answer = self._loop.create_future()
        self._is_head = request.method == "HEAD"
        self._sent_ns = sent_ns
        self._set_deadline(request.extensions.get("timeout"))
        try:
            wire = request.extensions.get("wire")
            if wire is not None:
                self._socket.write(wire)
            else:
                await self._write(request, answer)
            response: httpx.Response = await answer
            return response
        except asyncio.CancelledError:
            self.abort()
            raise

    async def _write(self, request: httpx.Request, answer: asyncio.Future[httpx.Response]) -> None:
        """A request that was not rendered before; it stops where the answer comes first."""
        if isinstance(request.stream, httpx.ByteStream):
            self._socket.write(render(request))
            return
        self._socket.write(head_of(request))
        chunked = is_chunked(request)
        async for piece in request.stream:  # type: ignore[union-attr]
            if answer.done():
                return
            self._socket.write(chunk(piece) if chunked else piece)
            if self._writable is not None:
                await self._writable
        if chunked:
            self._socket.write(b"0\r\n\r\n")

    # --- time limits

    def _set_deadline(self, timeout: dict[str, float | None] | None) -> None:
        """`total` limits the whole answer, `read` (httpx's) each wait for more of it."""
        total, read = (timeout.get("total"), timeout.get("read")) if timeout else (None, None)
        limit_s = total or read
        self._read_ns = int(read * 1e9) if read and not total else 0
        if limit_s:
            self._deadline_ns = self._sent_ns + int(limit_s * 1e9)
            if self._timer is None:
                self._timer = self._loop.call_later(limit_s, self._look_at_the_clock)
        elif self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look_at_the_clock(self) -> None:
        """One timer serves request after request: set once, it looks and, if early, waits on."""
        self._timer = None
        if self._answer is None:
            return
        left_s = (self._deadline_ns - perf_counter_ns()) / 1e9
        if left_s > 0:
            self._timer = self._loop.call_later(left_s, self._look_at_the_clock)
        else:
            self._fail(httpx.ReadTimeout("no complete answer in time"))

    # --- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._socket: asyncio.Transport = transport  # type: ignore[assignment]
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        self._now_ns = perf_counter_ns()
        if self._read_ns:
            self._deadline_ns = self._now_ns + self._read_ns
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(httpx.RemoteProtocolError(f"not an HTTP/1.1 answer: {error}"))
            return
        if self._body is not None:
            self._deliver(self._body)

    def _deliver(self, body: Body) -> None:
        assert self._answer is not None
        if not self._answer.done():
            self._answer.set_result(self._response)
        else:
            body.wake()
        if body.complete:
            self._finish()
        elif body.buffered > HIGH_WATER_BYTES:
            self._socket.pause_reading()

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        self.resume_writing()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._answer is None:
            return
        if error is not None:
            self._fail(httpx.ReadError(f"the connection was reset: {error}"))
        elif self._body is None:
            self._fail(Closed("the server closed the connection without an answer"))
        elif self._ends_with_connection:
            self._now_ns = perf_counter_ns()
            self.on_message_complete()
            self._deliver(self._body)
        else:
            self._fail(Truncated("the server closed the connection within its answer"))

    def pause_writing(self) -> None:
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    def resume_reading(self) -> None:
        """The reader has caught up."""
        if self.is_open:
            self._socket.resume_reading()

    # --- httptools

    def on_message_begin(self) -> None:
        self._excess = self._body is not None and self._body.complete
        if self._excess:
            self._keeps = False  # more than one answer to one request: this is nobody's
            return
        self._headers: list[tuple[bytes, bytes]] = []
        self._reason = b""
        self._keeps = False
        self._ends_with_connection = True

    def on_status(self, reason: bytes) -> None:
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._excess:
            return
        self._headers.append((name, value))
        if len(name) in (14, 17) and name.lower() in (b"content-length", b"transfer-encoding"):
            self._ends_with_connection = False

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200 or self._excess:
            return  # after 100 Continue, 103 Early Hints, the answer proper follows
        if self._answer is None:
            raise httpx.RemoteProtocolError("an answer that nobody asked for")
        self._body = Body(self)
        if self._is_head or status in (204, 304):
            self._ends_with_connection = False  # no body follows, whatever the headers say
        self._response = httpx.Response(
            status,
            headers=self._headers,
            stream=self._body,
            extensions={
                "http_version": b"HTTP/" + self._parser.get_http_version().encode(),
                "reason_phrase": self._reason,
                "sent_ns": self._sent_ns,
            },
        )
        if self._is_head:
            self._complete(keeps=self._response.headers.get("connection", "").lower() != "close")

    def on_body(self, data: bytes) -> None:
        if self._body is not None and not self._excess:
            self._body.feed(data)

    def on_message_complete(self) -> None:
        if self._body is not None and not self._body.complete:
            self._complete(keeps=self._parser.should_keep_alive())

    def _complete(self, keeps: bool) -> None:
        assert self._body is not None
        self._keeps = keeps and not self._ends_with_connection
        self._body.complete = True
        self._body.done_ns = self._now_ns

    # --- the end of a request

    def _finish(self) -> None:
        """The answer is whole: the next request may come, or the connection must not live on."""
        self._end(self._now_ns)
        if not self._keeps:
            self._close()
        elif self._is_head:
            self._parser = httptools.HttpResponseParser(self)  # the old one waits for a body

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        elif self._body is not None:
            self._body.fail(error)
        self._end(perf_counter_ns())
        self._close()

    def _end(self, at_ns: int) -> None:
        if self._answer is not None:
            self._answer = self._body = None
            self._on_end(at_ns)

    def abort(self) -> None:
        """Give the request in progress up, and the connection with it."""
        if self._answer is not None:
            self._end(perf_counter_ns())
            self.is_open = False
            self._socket.abort()

    def _close(self) -> None:
        if self.is_open:
            self.is_open = False
            self._socket.close()

    def close(self) -> None:
        """Close the socket; a request in progress fails."""
        self._fail(httpx.ReadError("the connection was closed on this side"))
