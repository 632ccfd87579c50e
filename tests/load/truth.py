"""A server that knows the truth: it does what it is told, request by request, and counts it."""

import asyncio
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from math import inf
from socket import SO_LINGER, SOL_SOCKET
from time import perf_counter_ns

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n" + b'{"ok": true}'
ANSWERS = {
    "ok": OK,
    "status": b"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\n{}",
    "empty": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "wrong_length": b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n" + b'{"ok":true}',
    "malformed": b"ICY 200 what is this\r\n\r\n",
    "truncated": b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"ok"',
    "closed": b"",
    "reset": b"",
    "timeout": b"",
}
"""What is sent for each outcome that the driver should see."""

CLOSING = {"truncated", "closed", "malformed"}


@dataclass
class Truth:
    """Behaviours are taken from `script` in turn; no answer comes before its `delay_s`.

    `gathers`: requests are held back until so many of them wait at the same time, or the test
    releases them; from then on (`released_ns`) none is. `spares`: so many of the first requests of
    each connection are not held back. `answers_each`: the server ends a connection after so many
    answers. `hosted`: so many connections may be there, one more is reset at once.
    `asked` counts requests by connection, in the order of accepting.
    """

    script: Iterator[str]
    delay_s: float = 0.0
    gathers: float = 0
    spares: int = 0
    answers_each: float = inf
    hosted: float = inf
    counts: Counter[str] = field(default_factory=Counter)
    connections: int = 0
    there: int = 0
    asked: list[int] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    released_ns: int | None = None
    port: int = 0
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)
    _held: int = 0
    _released: asyncio.Event = field(default_factory=asyncio.Event)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def release(self) -> None:
        """Answer what is held back, and hold nothing back any more."""
        self._loop.call_soon_threadsafe(self._release)

    def end_idle(self) -> None:
        """End every connection on which nothing was asked."""
        for writer, asked in zip(self._writers, self.asked, strict=True):
            if not asked:
                self._loop.call_soon_threadsafe(writer.close)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = self.connections
        self._writers.append(writer)
        self.asked.append(0)
        self.connections += 1
        if self.there >= self.hosted:
            _reset(writer)
            return
        self.there += 1
        try:
            while await self._answer(reader, writer, number):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.there -= 1
            writer.close()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> bool:
        await reader.readuntil(b"\r\n\r\n")
        self.asked[number] += 1
        behaviour = next(self.script)
        self.counts[behaviour] += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        if self.asked[number] > self.spares:
            await self._hold_back()
        await asyncio.sleep(self.delay_s)
        self.at_once -= 1
        if behaviour == "reset":
            _reset(writer)
            return False
        writer.write(ANSWERS[behaviour])
        await writer.drain()
        return behaviour not in CLOSING and self.asked[number] < self.answers_each

    async def _hold_back(self) -> None:
        self._held += 1
        if self._held >= self.gathers:
            self._release()
        await self._released.wait()
        self._held -= 1

    def _release(self) -> None:
        if not self._released.is_set():
            self.released_ns = perf_counter_ns()
            self._released.set()


def _reset(writer: asyncio.StreamWriter) -> None:
    socket = writer.get_extra_info("socket")
    socket.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@contextmanager
def truth(*script: str, **changes: float) -> Iterator[Truth]:
    """A Truth that serves in a thread of its own, repeating `script`; `changes` to its fields."""
    server = Truth(cycle(script or ("ok",)), **changes)  # type: ignore[arg-type]
    loop = server._loop
    listening = loop.run_until_complete(asyncio.start_server(server.serve, "127.0.0.1", 0))
    server.port = listening.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        listening.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()
