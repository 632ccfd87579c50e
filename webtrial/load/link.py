"""One socket from opening to closing: asyncio.Protocol + httptools, one request at a time.

    exchange ──write──▶ socket ──▶ data_received ──▶ httptools ──▶ on_* callbacks
        ▲                                                               │
        └──────────── future: resolved once the headers are complete ◀──┘

A small response arrives in one piece: its body is already complete when the future resolves. The
rest of a large one is read through `Body`; the socket is paused while the reader falls behind.

Times are taken at the event itself: `sent_ns` before the request is written, `done_ns` when the
last byte was read from the socket, before any coroutine wakes up. Clock: `time.perf_counter_ns`.
"""

import asyncio
import select
from collections.abc import Callable
from time import perf_counter_ns

import httptools
import httpx

from webtrial.load.body import HIGH_WATER_BYTES, Body
from webtrial.load.wire import pieces_of

HEAD_LIMIT_BYTES = 100 * 1024  # for headers without an end: httpx has the same limit
_NEVER_NS = 1 << 62


class Closed(httpx.RemoteProtocolError):
    """The server closed the connection before sending any response."""


class Truncated(httpx.RemoteProtocolError):
    """The server closed the connection in the middle of a response."""


class Link(asyncio.Protocol):
    """One socket. `on_end` is called with the time at which a request ends, in any way."""

    def __init__(self, on_end: Callable[[int], None]) -> None:
        self.is_open = False
        self._on_end = on_end
        self._parser = httptools.HttpResponseParser(self)
        self._loop = asyncio.get_running_loop()
        # Set while a request is in progress.
        self._response_future: asyncio.Future[httpx.Response] | None = None
        self._body: Body | None = None  # set once the headers are complete
        self._response: httpx.Response | None = None
        self._writable: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline_ns = 0
        self._read_ns = 0
        self._now_ns = 0
        self._head_of_ns = 0  # sent_ns of the request whose response headers are incomplete
        self._head_bytes = 0

    @property
    def is_busy(self) -> bool:
        """Whether a request is in progress."""
        return self._response_future is not None

    @property
    def has_unread_data(self) -> bool:
        """Whether the kernel holds data that the loop has not seen: on an idle socket, its end.

        This costs one system call: acceptable for a pool, not for every request of a driver.
        """
        poll = select.poll()
        poll.register(self._socket.get_extra_info("socket"), select.POLLIN)
        return bool(poll.poll(0))

    async def exchange(self, request: httpx.Request, sent_ns: int) -> httpx.Response:
        """Send `request` and return its response once the headers have arrived."""
        self._response_future = response_future = self._loop.create_future()
        self._is_head = request.method == "HEAD"
        self._sent_ns = sent_ns
        limits = request.extensions.get("timeout")
        try:
            wire = request.extensions.get("wire")
            if wire is not None:
                self._set_deadline(limits)
                try:
                    self._socket.write(wire)
                except RuntimeError as error:  # raised by uvloop, before connection_lost
                    raise httpx.WriteError(f"the connection is closed: {error}") from error
            else:
                await self._write(request, limits or {})
            response: httpx.Response = await response_future
            return response
        except BaseException:
            self.abort()
            if response_future.done() and not response_future.cancelled():
                response_future.exception()  # else asyncio reports that it was never retrieved
            raise

    async def _write(self, request: httpx.Request, limits: dict[str, float | None]) -> None:
        """Write a request that is not rendered yet, completely even if its response comes first."""
        self._stop_timer()  # it was set for the last request, which had other limits
        self._set_deadline(limits)
        if self._read_ns:
            self._deadline_ns = _NEVER_NS
        async for piece in pieces_of(request):
            if not self.is_open or self._socket.is_closing():
                return
            self._socket.write(piece)
            if self._writable is not None:
                await self._drained(self._writable, limits.get("write"))
        self.expect_more()

    async def _drained(self, writable: asyncio.Future[None], limit_s: float | None) -> None:
        try:
            async with asyncio.timeout(limit_s):
                await writable
        except TimeoutError as error:
            raise httpx.WriteTimeout(f"the server read nothing for {limit_s} s") from error

    # --- time limits

    def _set_deadline(self, timeout: dict[str, float | None] | None) -> None:
        """Apply the limits: `total` for the whole response, `read` (httpx's) for each wait."""
        total, read = (timeout.get("total"), timeout.get("read")) if timeout else (None, None)
        limit_s = total or read
        self._read_ns = int(read * 1e9) if read and not total else 0
        if limit_s:
            self._deadline_ns = self._sent_ns + int(limit_s * 1e9)
            if self._timer is None:
                self._timer = self._loop.call_later(limit_s, self._check_deadline)
        else:
            self._stop_timer()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def expect_more(self) -> None:
        """Resume reading because a reader waits for data, and count `read` from now."""
        if self._read_ns:
            self._deadline_ns = perf_counter_ns() + self._read_ns
        if self.is_open and not self._socket.is_closing():
            self._socket.resume_reading()

    def _check_deadline(self) -> None:
        """Fail the request if its deadline has passed; otherwise set the timer again.

        One timer serves successive requests, so rendered requests share one limit. With a `read`
        limit the deadline may move nearer while the timer runs, but never to less than `read` from
        now.
        """
        self._timer = None
        if self._response_future is None:
            return
        remaining_ns = self._deadline_ns - perf_counter_ns()
        if remaining_ns > 0:
            wait_ns = min(remaining_ns, self._read_ns or remaining_ns)
            self._timer = self._loop.call_later(wait_ns / 1e9, self._check_deadline)
        else:
            self._fail(httpx.ReadTimeout("no complete response in time"))

    # --- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._socket: asyncio.Transport = transport  # type: ignore[assignment]
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        self._now_ns = perf_counter_ns()
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if self._body is None or not self._body.complete:
                self._fail(httpx.RemoteProtocolError(f"not an HTTP/1.1 response: {error}"))
                return
            self._keep_alive = False  # data after a complete response belongs to no request
        if self._body is not None:
            self._deliver(self._body)
        else:
            self._handle_partial_headers(len(data))

    def _deliver(self, body: Body) -> None:
        assert self._response_future is not None
        if self._read_ns:
            self._deadline_ns = _NEVER_NS  # until a reader waits for more
        if not self._response_future.done():
            assert self._response is not None
            self._response_future.set_result(self._response)
        else:
            body.wake()
        if body.complete:
            self._finish()
        elif body.buffered > HIGH_WATER_BYTES:
            self._socket.pause_reading()

    def _handle_partial_headers(self, size: int) -> None:
        """Handle partial headers, an informational response, or unsolicited data."""
        if self._response_future is None:
            self._close()
            return
        if self._head_of_ns != self._sent_ns:
            self._head_of_ns, self._head_bytes = self._sent_ns, 0
        self._head_bytes += size
        if self._head_bytes > HEAD_LIMIT_BYTES:
            self._fail(httpx.RemoteProtocolError(f"headers exceed {HEAD_LIMIT_BYTES} bytes"))
        elif self._read_ns and self._deadline_ns != _NEVER_NS:
            self._deadline_ns = self._now_ns + self._read_ns

    def eof_received(self) -> None:
        self.is_open = False  # now: uvloop calls connection_lost one iteration of the loop later

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        self.resume_writing()
        self._stop_timer()
        if self._response_future is None:
            return
        if error is not None:
            self._fail(httpx.ReadError(f"the connection was reset: {error}"))
        elif self._body is None:
            self._fail(Closed("the server closed the connection without a response"))
        elif self._ends_with_connection:
            self._now_ns = perf_counter_ns()
            self.on_message_complete()
            self._deliver(self._body)
        else:
            self._fail(Truncated("the server closed the connection in the middle of its response"))

    def pause_writing(self) -> None:
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    # --- httptools

    def on_message_begin(self) -> None:
        self._excess = self._body is not None and self._body.complete
        if self._excess:
            self._keep_alive = False  # a second response to one request belongs to no request
            return
        self._headers: list[tuple[bytes, bytes]] = []
        self._reason = b""
        self._keep_alive = False
        self._ends_with_connection = True

    def on_status(self, reason: bytes) -> None:
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._excess:
            return
        self._headers.append((name, value))
        if len(name) == 14 and name.lower() == b"content-length":
            self._ends_with_connection = False
        elif len(name) == 17 and name.lower() == b"transfer-encoding":
            if value.lower() != b"chunked" or not self._ends_with_connection:
                raise httpx.RemoteProtocolError(f"unclear body length: {value!r}")
            self._ends_with_connection = False

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200 or self._excess:
            if status < 100 or status == 101:  # 101 switches to a protocol that we do not speak
                raise httpx.RemoteProtocolError(f"{status} is not the status of a response")
            return  # after 100 Continue or 103 Early Hints, the final response follows
        if self._response_future is None:
            raise httpx.RemoteProtocolError("a response without a request")
        self._body = Body(self)
        if self._is_head or status in (204, 304):
            self._ends_with_connection = False  # no body follows, whatever the headers say
        self._response = response = httpx.Response(
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
            self._complete(keep_alive=_stays_open(response))

    def on_body(self, data: bytes) -> None:
        if self._body is not None and not self._body.complete:
            self._body.feed(data)
        else:
            self._keep_alive = False  # a body where none is allowed, as after a response to HEAD

    def on_message_complete(self) -> None:
        if self._body is not None and not self._body.complete:
            self._complete(keep_alive=self._parser.should_keep_alive())

    def _complete(self, keep_alive: bool) -> None:
        assert self._body is not None
        self._keep_alive = keep_alive and not self._ends_with_connection
        self._body.complete = True
        self._body.done_ns = self._now_ns

    # --- the end of a request

    def _finish(self) -> None:
        """End a complete response: keep the connection for the next request, or close it."""
        self._end(self._now_ns)
        if not self._keep_alive:
            self._close()
        elif self._is_head:
            self._parser = httptools.HttpResponseParser(self)  # the old one still waits for a body

    def _fail(self, error: Exception) -> None:
        if self._response_future is not None and not self._response_future.done():
            self._response_future.set_exception(error)
        elif self._body is not None:
            self._body.fail(error)
        self.abort()

    def _end(self, at_ns: int) -> None:
        if self._response_future is not None:
            # Thousands of idle connections must not each keep their last response.
            self._response_future = self._body = self._response = None
            self._headers = []
            self._on_end(at_ns)

    def abort(self) -> None:
        """Abandon the request in progress, and the connection with it."""
        self._end(perf_counter_ns())
        self.is_open = False
        self._socket.abort()

    def _close(self) -> None:
        if self._writable is not None:
            self.abort()  # the server does not read the rest of the request: do not wait for it
        elif self.is_open:
            self.is_open = False
            self._socket.close()

    def close(self) -> None:
        """Close the socket; a request in progress fails."""
        if self._response_future is not None:
            self._fail(httpx.ReadError("the connection was closed by the client"))
        self._close()


def _stays_open(response: httpx.Response) -> bool:
    """Whether the connection stays open after a response to HEAD, which httptools cannot tell."""
    options = {
        option.strip() for option in response.headers.get("connection", "").lower().split(",")
    }
    if response.http_version == "HTTP/1.0":
        return "keep-alive" in options
    return "close" not in options
