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
    """Behaviours are taken from `script` in turn; `stall_until` holds every answer back."""

    script: Iterator[str]
    delay_s: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    received_at: list[float] = field(default_factory=list)
    connections: int = 0
    most_at_once: int = 0
    at_once: int = 0
    stall_until: float = 0.0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        await reader.readuntil(b"\r\n\r\n")
        behaviour = next(self.script)
        self.received_at.append(time.perf_counter())
        self.counts[behaviour] += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(max(self.delay_s, self.stall_until - time.perf_counter()))
        self.at_once -= 1
        if behaviour == "reset":
            socket = writer.get_extra_info("socket")
            socket.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return False
        writer.write(ANSWERS[behaviour])
        await writer.drain()
        return behaviour not in CLOSING


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
