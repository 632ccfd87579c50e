"""A server that puts on the wire exactly the bytes that a test says, and when it says.

Each connection plays a scene, the n-th connection the n-th; the last scene is played again for
every connection after it. A connection stays open after its scene until the test is over, unless
the scene ends it.
"""

import asyncio
import select
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from socket import AF_INET, SHUT_RDWR, SO_LINGER, SOCK_STREAM, SOL_SOCKET, fromfd, socket

from tests.waiting import LIMIT_S

BETWEEN_PIECES_S = 0.001  # else the kernel may hand two pieces over as one
END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came; a chunked body is put together."""

    head: bytes
    body: bytes
    connection: int


@dataclass
class Line:
    """One connection, from the server's end."""

    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    received: list[Received]

    async def request(self) -> Received:
        """The next request, read to its end."""
        head = await self.reader.readuntil(END_OF_HEAD)
        received = Received(head, await self._body(head.lower()), self.number)
        self.received.append(received)
        return received

    async def _body(self, head: bytes) -> bytes:
        if b"\r\ntransfer-encoding: chunked\r\n" in head:
            return b"".join([chunk async for chunk in self._chunks()])
        _, _, length = head.partition(b"\r\ncontent-length: ")
        return await self.reader.readexactly(int(length.split(b"\r\n")[0] or 0))

    async def _chunks(self) -> AsyncIterator[bytes]:
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            yield await self.reader.readexactly(size)
            await self.reader.readexactly(2)
        await self.reader.readexactly(2)

    async def send(self, *pieces: bytes) -> None:
        """Send each piece so that it arrives by itself."""
        for piece in pieces:
            if self.writer.is_closing():
                raise ConnectionResetError("the client has left")
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(BETWEEN_PIECES_S)

    async def close(self) -> None:
        """End the connection in good order."""
        self.writer.close()

    def shut(self) -> None:
        """End the connection; returns once the client's socket shows it, before any event loop goes
        round."""
        with self._own_socket() as own:
            own.shutdown(SHUT_RDWR)
        self._await_arrival()

    def say(self, piece: bytes) -> None:
        """Send a small piece; returns once it is at the client's socket, before any event loop goes
        round."""
        with self._own_socket() as own:
            assert own.send(piece) == len(piece)
        self._await_arrival()

    def _own_socket(self) -> socket:
        return fromfd(self.writer.get_extra_info("socket").fileno(), AF_INET, SOCK_STREAM)

    def _await_arrival(self) -> None:
        """The client must have read all that was sent before."""
        with _socket_of(self.writer.get_extra_info("peername")) as theirs:
            poll = select.poll()
            poll.register(theirs, select.POLLIN)
            assert poll.poll(LIMIT_S * 1e3), "nothing arrived"

    async def reset(self) -> None:
        """Break the connection off: the other end sees a reset."""
        socket = self.writer.get_extra_info("socket")
        socket.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


def _socket_of(name: tuple[str, int]) -> socket:
    """A duplicate of the socket in this process that has this address."""
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # closed since
            if str(entry.readlink()).startswith("socket:"):
                found = fromfd(int(entry.name), AF_INET, SOCK_STREAM)
                if found.getsockname() == name:
                    return found
                found.close()
    raise AssertionError(f"no socket has the address {name}")


Scene = Callable[[Line], Awaitable[None]]


async def stay(line: Line) -> None:
    """Leave the connection open."""


def answering(*answers: bytes | list[bytes], then: Scene = stay) -> Scene:
    """Answers one request after another, a list piece by piece; `then` what comes after."""

    async def scene(line: Line) -> None:
        for answer in answers:
            await line.request()
            await line.send(*([answer] if isinstance(answer, bytes) else answer))
        await then(line)

    return scene


def asked(arrived: asyncio.Event, answer: bytes = b"") -> Scene:
    """Sets `arrived` once a request is there, sends `answer` and no more."""

    async def scene(line: Line) -> None:
        await line.request()
        await line.send(answer)
        arrived.set()

    return scene


@dataclass
class Scripted:
    """What a scripted server saw."""

    scenes: tuple[Scene, ...]
    url: str = ""
    connections: int = 0
    received: list[Received] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Play one connection's scene."""
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        self.connections += 1
        line = Line(self.connections, reader, writer, self.received)
        scene = self.scenes[min(self.connections, len(self.scenes)) - 1]
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            await scene(line)
            await asyncio.get_running_loop().create_future()  # until the test is over
        writer.transport.abort()


@asynccontextmanager
async def scripted(*scenes: Scene, tls: ssl.SSLContext | None = None) -> AsyncIterator[Scripted]:
    """A server on a loopback port of its own, gone at the end."""
    server = Scripted(scenes)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    port = listening.sockets[0].getsockname()[1]
    server.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/"
    try:
        yield server
    finally:
        listening.close()
        for task in server.tasks:
            task.cancel()
        await asyncio.gather(*server.tasks, return_exceptions=True)
