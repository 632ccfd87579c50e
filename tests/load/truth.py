"""A server that knows the truth: it does what it is told, request by request, and counts it."""

import asyncio
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from socket import SO_LINGER, SOL_SOCKET

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
    """Behaviours are taken from `script` in turn; every answer to what comes from `stall_from` on
    is held back until `stall_until`.

    `idle_s` is how long a connection may rest before it is ended, `hosted` how many may be there:
    one more is reset at once. `asked` counts requests by connection, in the order of accepting.
    """

    script: Iterator[str]
    delay_s: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    received_at: list[float] = field(default_factory=list)
    connections: int = 0
    there: int = 0
    idle_s: float | None = None
    hosted: int | None = None
    asked: list[int] = field(default_factory=list)
    most_at_once: int = 0
    at_once: int = 0
    stall_from: float = 0.0
    stall_until: float = 0.0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = self.connections
        self.connections += 1
        self.asked.append(0)
        if self.hosted is not None and self.there >= self.hosted:
            _reset(writer)
            return
        self.there += 1
        try:
            while await self._answer(reader, writer, number):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            pass
        finally:
            self.there -= 1
            writer.close()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> bool:
        async with asyncio.timeout(self.idle_s):
            await reader.readuntil(b"\r\n\r\n")
        self.asked[number] += 1
        behaviour = next(self.script)
        now_s = time.perf_counter()
        self.received_at.append(now_s)
        self.counts[behaviour] += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        stall_s = self.stall_until - now_s if now_s >= self.stall_from else 0.0
        await asyncio.sleep(max(self.delay_s, stall_s))
        self.at_once -= 1
        if behaviour == "reset":
            _reset(writer)
            return False
        writer.write(ANSWERS[behaviour])
        await writer.drain()
        return behaviour not in CLOSING


def _reset(writer: asyncio.StreamWriter) -> None:
    socket = writer.get_extra_info("socket")
    socket.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@contextmanager
def truth(*script: str, delay_s: float = 0.0) -> Iterator[Truth]:
    """A Truth that serves in a thread of its own, repeating `script`."""
    server = Truth(cycle(script or ("ok",)), delay_s)
    loop = asyncio.new_event_loop()
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
