"""Reference servers with known behaviour, each in its own process.

This makes it possible to stop a server and to count its CPU time. A server speaks just enough HTTP
to serve `GET /<user>` and keeps a log: the user, when the request arrived, when its service began,
and when its response was sent. Times are `time.perf_counter_ns`, a clock that all processes of a
machine share.
"""

import asyncio
import gc
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection as Pipe
from time import perf_counter_ns
from typing import Any, Protocol

import pandas as pd
import uvloop

from webtrial.errors import DriverError
from webtrial.load.driver import fork_server
from webtrial.system.linux import die_with_parent
from webtrial.system.scheduling import set_realtime_priority

BODY = b'{"ok": true}'
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
LOG = ("user", "received_ns", "began_ns", "sent_ns")
BACKLOG = 4096  # connections that wait while the server is stopped
_PATIENCE_S = 30.0


@dataclass(slots=True)
class ReceivedRequest:
    """One request, as the server sees it."""

    user: int
    received_ns: int
    connection: "ServerConnection"
    began_ns: int = 0


class Behaviour(Protocol):
    """How a server treats requests."""

    def arrived(self, request: ReceivedRequest) -> None:
        """Accept a request; respond with `request.connection.respond`, now or later."""

    def close(self) -> None:
        """Stop: no more requests come."""


class ServerConnection(asyncio.Protocol):
    """One connection; its requests come one at a time, without bodies."""

    def __init__(self, behaviour: Behaviour, log: list[tuple[int, ...]]) -> None:
        self._behaviour = behaviour
        self._log = log
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.socket: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        now_ns = perf_counter_ns()
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            target = head.split(b" ", 2)[1]
            self._behaviour.arrived(ReceivedRequest(int(target[1:] or b"0"), now_ns, self))

    def respond(self, request: ReceivedRequest, wire: bytes = RESPONSE) -> int:
        """Send `wire` as the response to `request`; return the time of sending, as in the log."""
        sent_ns = perf_counter_ns()
        self.socket.write(wire)
        self._log.append((request.user, request.received_ns, request.began_ns or sent_ns, sent_ns))
        return sent_ns


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A running server, seen from outside; `log` ends it."""

    url: str
    pid: int
    _pipe: Pipe

    def log(self) -> pd.DataFrame:
        """Return all requests that it served, columns LOG, in the order of their responses."""
        self._pipe.send("log")
        if not self._pipe.poll(_PATIENCE_S):
            raise DriverError(
                f"reference server {self.pid} returned no log within {_PATIENCE_S:g} s: repeat on a"
                " quieter machine"
            )
        return pd.DataFrame(self._pipe.recv(), columns=list(LOG))


@contextmanager
def running_server(make: "partial[Any]", core: int | None) -> Iterator[RunningServer]:
    """Run a server on `core` until the context ends; `make` (picklable) creates its behaviour."""
    # Preloads the module: servers and drivers then start at once.
    context = fork_server(make.func.__module__)
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(make, core, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(_PATIENCE_S):
            raise DriverError(
                f"a reference server did not start within {_PATIENCE_S:g} s: repeat on a quieter"
                " machine"
            )
        yield RunningServer(f"http://127.0.0.1:{ours.recv()}", process.pid or 0, ours)
    finally:
        ours.close()
        process.kill()
        process.join()


# --- within the server's process


def _work(make: "partial[Any]", core: int | None, pipe: Pipe) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent()
    if core is not None:
        os.sched_setaffinity(0, {core})
        set_realtime_priority()  # its log is the reference
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(make, pipe))


async def _serve(make: "partial[Any]", pipe: Pipe) -> None:
    loop = asyncio.get_running_loop()
    behaviour, log = make(), list[tuple[int, ...]]()
    listening = await loop.create_server(
        lambda: ServerConnection(behaviour, log), "127.0.0.1", 0, backlog=BACKLOG
    )
    gc.collect()
    gc.freeze()
    gc.disable()
    log_requested = asyncio.Event()
    loop.add_reader(pipe.fileno(), log_requested.set)
    pipe.send(listening.sockets[0].getsockname()[1])
    await log_requested.wait()
    loop.remove_reader(pipe.fileno())
    os.set_blocking(pipe.fileno(), True)  # the loop made it non-blocking, and a log is long
    behaviour.close()
    try:
        pipe.recv()
    except EOFError:
        return  # the parent process is gone
    pipe.send(log)
