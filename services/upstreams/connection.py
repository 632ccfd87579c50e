"""Minimal HTTP/1.1 with keep-alive, for GET requests without a body."""

import asyncio
from collections import deque
from collections.abc import Callable

import httptools

Respond = Callable[[int, bytes], None]
Handle = Callable[[str, str, Respond], None]
"""Called with method, path and a function that responds with status and JSON."""

_LONGEST_TARGET = 8192
_MOST_WAITING = 64  # pipelined requests of one connection
_PHRASES = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed"}


class Connection(asyncio.Protocol):
    """Serves the requests of one connection one after another; invalid ones get 400."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""
        self._waiting: deque[tuple[str, str, bool]] = deque()
        self._busy = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refuse()

    def on_url(self, part: bytes) -> None:
        """Called by the parser."""
        self._target += part
        if len(self._target) > _LONGEST_TARGET or len(self._waiting) > _MOST_WAITING:
            self._refuse()

    def on_message_complete(self) -> None:
        """Called by the parser."""
        method, target = self._parser.get_method().decode(), self._target.decode("latin-1")
        self._waiting.append((method, target.partition("?")[0], self._parser.should_keep_alive()))
        self._target = b""
        if not self._busy:
            self._answer_next()

    def _answer_next(self) -> None:
        self._busy = bool(self._waiting) and not self._transport.is_closing()
        if not self._busy:
            return
        method, path, keep_alive = self._waiting.popleft()

        def respond(status: int, body: bytes) -> None:
            self._write(status, body, keep_alive)
            self._answer_next()

        self._handle(method, path, respond)

    def _write(self, status: int, body: bytes, keep_alive: bool) -> None:
        if self._transport.is_closing():
            return
        connection = "keep-alive" if keep_alive else "close"
        head = (
            f"HTTP/1.1 {status} {_PHRASES[status]}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nconnection: {connection}\r\n\r\n"
        )
        self._transport.write(head.encode() + body)
        if not keep_alive:
            self._transport.close()

    def _refuse(self) -> None:
        self._write(400, b'{"detail": "This is not a request."}', keep_alive=False)
