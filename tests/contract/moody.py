"""Upstreams whose mood a test can change: sound, slow, down, silent, or talking nonsense.

Both serve sources as the real ones do, and count how many requests are in progress at once.
"""

import asyncio
import json
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.waiting import LIMIT_S
from webtrial.system.ports import free_port

SOUND = {"analytics": {"visits": 41}, "inventory": {"lamps": 7, "price": "19.99"}}
SLOW_S = 0.05
PATHS = {"inventory": "/stock", "analytics": "/metrics"}
SOURCE = re.compile(r"/source/(\d+)/(\d+)")
MOODY_SOURCE = 2
TRIES = 20  # where an upstream that is sound is late, which may be the machine's doing
SOURCE_FAILS, SOURCE_IS_LATE = "source 2 fails", "source 2 is late"


def _http(status: str, body: bytes, *headers: bytes) -> bytes:
    length = b"Content-Length: %d" % len(body)
    head = b"\r\n".join([b"HTTP/1.1 " + status.encode(), length, *headers])
    return head + b"\r\n\r\n" + body


NONSENSE = {
    "an error": _http("500 Internal Server Error", b'{"fine": true}'),
    "not found": _http("404 Not Found", b'{"fine": true}'),
    "a redirect": _http("302 Found", b'{"fine": true}', b"Location: /elsewhere"),
    "no content": _http("204 No Content", b""),
    "an empty body": _http("200 OK", b""),
    "half of the JSON": _http("200 OK", b'{"lamps": '),
    "HTML": _http("200 OK", b"<html>{}</html>", b"Content-Type: application/json"),
    "bytes that are no text": _http("200 OK", b'"\xff\xfe\xfa"'),
    "a number that JSON does not have": _http("200 OK", b'{"lamps": NaN}'),
    "a bottomless list": _http("200 OK", b"[" * 200_000),
    "less than it announced": b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{}",
    "something that is not HTTP": b"\x15\x03\x01\x00\x02\x02\x16" * 9 + b"\r\n\r\n",
    "a wrong encoding": _http("200 OK", b"{}", b"Content-Encoding: gzip"),
}
"""What an upstream may say that is worth nothing; it closes the connection after it."""


@dataclass
class AtOnce:
    """Requests in progress at both upstreams: now, and the most since they were last watched.

    Answers wait until as many as `gathers` were in progress.
    """

    now: int = 0
    most: int = 0
    gathers: int = 0

    def __enter__(self) -> None:
        self.now += 1
        self.most = max(self.most, self.now)

    def __exit__(self, *_: object) -> None:
        self.now -= 1


@dataclass
class Moody:
    """One upstream, in the hands of the thread that serves it."""

    name: str
    at_once: AtOnce
    port: int = field(default_factory=free_port)
    mood: str = "sound"
    accepted: int = 0  # connections since the mood changed
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def turn(self, mood: str) -> None:
        """Change the mood; connections from before it are cut."""
        self.mood, self.accepted = mood, 0
        for writer in self._open:
            writer.transport.abort()
        if mood == "down" and self._server:
            self._server.close()
            self._server = None
        if mood != "down" and not self._server:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self._open.add(writer)
        try:
            stays = True
            while stays:
                head = await reader.readuntil(b"\r\n\r\n")
                with self.at_once:
                    while self.at_once.most < self.at_once.gathers and not reader.at_eof():
                        await asyncio.sleep(0.001)
                    stays = await self._answer(head, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(self, head: bytes, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection stays."""
        if self.mood == "idle":
            return True
        if self.mood in NONSENSE:
            writer.write(NONSENSE[self.mood])
            return False
        if self.mood == "slow":
            await asyncio.sleep(SLOW_S)
        asked = head.split(b" ", 2)[1].decode()
        if source := SOURCE.fullmatch(asked):
            number, delay_ms = map(int, source.groups())
            await asyncio.sleep(delay_ms / 1e3)
            writer.write(self._source(number))
            return True
        status = "200 OK" if asked == PATHS[self.name] else "404 Not Found"
        writer.write(_http(status, json.dumps(SOUND[self.name]).encode()))
        return True

    def _source(self, number: int) -> bytes:
        """The answer of one source; none where it will never come."""
        mood = self.mood if number == MOODY_SOURCE else "sound"
        if mood == SOURCE_IS_LATE:
            return b""
        status = "500 Internal Server Error" if mood == SOURCE_FAILS else "200 OK"
        return _http(status, json.dumps({"source": number, "value": 7 * number + 1}).encode())


@dataclass(frozen=True, slots=True)
class Upstreams:
    """Both upstreams, as a test holds them."""

    inventory: Moody
    analytics: Moody
    at_once: AtOnce
    loop: asyncio.AbstractEventLoop

    def turn(self, **moods: str) -> None:
        """Change the mood of `inventory`, of `analytics` or of both; returns once it holds."""
        for name, mood in moods.items():
            self._run(getattr(self, name).turn(mood))

    def watch(self, gathers: int = 0) -> None:
        """Count anew how many requests are in progress at once; answer none before `gathers`
        are."""
        self.at_once.most, self.at_once.gathers = 0, gathers

    def owe(self, missing: Iterable[str]) -> bool:
        """Whether one of those that are `missing` would have answered, had there been time."""
        return any(getattr(self, name).mood in ("sound", "slow") for name in missing)

    def _run(self, coroutine) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(LIMIT_S)


@contextmanager
def moody_upstreams() -> Iterator[Upstreams]:
    """Both upstreams in a thread of their own, sound at first."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="upstreams")
    thread.start()
    at_once = AtOnce()
    upstreams = Upstreams(Moody("inventory", at_once), Moody("analytics", at_once), at_once, loop)
    try:
        upstreams.turn(inventory="sound", analytics="sound")
        yield upstreams
        upstreams.turn(inventory="down", analytics="down")
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(LIMIT_S)
        loop.close()
