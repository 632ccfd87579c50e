"""Behaviours of the reference servers: delay, serve one request at a time, or fail as scripted."""

import asyncio
import heapq
import struct
from collections import deque
from itertools import cycle, islice
from socket import SO_LINGER, SOL_SOCKET
from time import perf_counter_ns

import numpy as np

from webtrial.load.timer import Timer
from webtrial.selftest.check.server import BODY, RESPONSE, ReceivedRequest

AWAKE_NS = 1_000_000


class Delaying:
    """Serves all requests concurrently and delays each response by the next of `delays_ns`."""

    def __init__(self, delays_ns: np.ndarray) -> None:
        self._delays_ns = cycle(delays_ns.tolist())
        self._due: list[tuple[int, int, ReceivedRequest]] = []
        self._timer = Timer(self._respond_to_due, AWAKE_NS)
        self._arrivals = 0

    def arrived(self, request: ReceivedRequest) -> None:
        """Draw the delay of a request; the timer fires for the request that is due first."""
        self._arrivals += 1
        due_ns = request.received_ns + next(self._delays_ns)
        heapq.heappush(self._due, (due_ns, self._arrivals, request))
        self._timer.set(self._due[0][0])

    def _respond_to_due(self) -> None:
        now_ns = perf_counter_ns()
        while self._due and self._due[0][0] <= now_ns:
            request = heapq.heappop(self._due)[2]
            request.connection.respond(request)
        if self._due:
            self._timer.set(self._due[0][0])

    def close(self) -> None:
        """Stop responding."""
        self._timer.close()


class Queueing:
    """A single server with a FIFO queue and a service time for each request."""

    def __init__(self, services_ns: np.ndarray) -> None:
        self._services_ns = cycle(services_ns.tolist())
        self._waiting: deque[ReceivedRequest] = deque()
        self._served: ReceivedRequest | None = None
        self._timer = Timer(self._done, AWAKE_NS)

    def arrived(self, request: ReceivedRequest) -> None:
        """Serve the request at once if the server is idle; otherwise queue it."""
        self._waiting.append(request)
        if self._served is None:
            self._serve_next(perf_counter_ns())

    def _serve_next(self, now_ns: int) -> None:
        self._served = self._waiting.popleft()
        self._served.began_ns = now_ns
        self._timer.set(self._served.began_ns + next(self._services_ns))

    def _done(self) -> None:
        request, self._served = self._served, None
        assert request is not None
        done_ns = request.connection.respond(request)
        if self._waiting:
            self._serve_next(done_ns)  # the server is never idle while a request waits

    def close(self) -> None:
        """Stop responding."""
        self._timer.close()


WIRES = {
    "ok": RESPONSE,
    "status": b"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\n{}",
    "empty": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "wrong_length": b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n" + BODY[:11],
    "truncated": RESPONSE[:-4],
    "malformed": b"ICY 200 what is this\r\n\r\n",
    "closed": b"",
    "reset": b"",
    "timeout": b"",
    "slow": RESPONSE[:-4],  # the rest is sent too late
}
"""Bytes that are sent at once, by kind of response."""

_ENDS = {"truncated", "malformed", "closed"}


class Failing:
    """Performs the actions of a script in turn and logs which one each request received.

    `began_ns` in the log is the number of the action, in the order of WIRES.
    """

    def __init__(self, script: list[str], too_late_s: float) -> None:
        self._script = cycle(script)
        self._too_late_s = too_late_s
        self._kinds = list(WIRES)

    def arrived(self, request: ReceivedRequest) -> None:
        """Perform the next action of the script."""
        kind = next(self._script)
        request.began_ns = self._kinds.index(kind) + 1
        socket = request.connection.socket
        request.connection.respond(request, WIRES[kind])
        if kind in _ENDS:
            socket.close()
        elif kind == "reset":
            linger = struct.pack("ii", 1, 0)
            socket.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, linger)
            socket.abort()
        elif kind == "slow":
            asyncio.get_running_loop().call_later(self._too_late_s, self._finish, socket)

    def _finish(self, socket: asyncio.Transport) -> None:
        if not socket.is_closing():
            socket.write(RESPONSE[-4:])

    def close(self) -> None:
        """Do nothing: no more requests are served."""


def drawn_script(count: int, seed: int) -> list[str]:
    """Return a random sequence of actions: half correct responses, the rest equally frequent."""
    others = [kind for kind in WIRES if kind != "ok"]
    script = ["ok"] * (count // 2) + list(islice(cycle(others), count - count // 2))
    np.random.default_rng(seed).shuffle(script)
    return script
