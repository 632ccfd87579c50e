"""HTTP/1.1 with keep-alive, as little of it as a GET without a body needs."""

import asyncio
from collections import deque
from collections.abc import Callable

import httptools

Respond = Callable[[int, bytes], None]
Handle = Callable[[str, str, Respond], None]
"""Given method, path and how to respond: status and JSON."""

_LONGEST_TARGET = 8192
_MOST_WAITING = 64  # requests of one connection, sent without awaiting an answer
_PHRASES = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed"}


class Connection(asyncio.Protocol):
    """Answers the requests of one connection one after the other, and garbage with 400."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""
        self._waiting: deque[tuple[str, str, bool]] = deque()
        self._busy = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As asyncio tells."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """As asyncio tells."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refuse()

    def on_url(self, part: bytes) -> None:
        """As the parser tells."""
        self._target += part
        if len(self._target) > _LONGEST_TARGET or len(self._waiting) > _MOST_WAITING:
            self._refuse()

    def on_message_complete(self) -> None:
        """As the parser tells."""
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
