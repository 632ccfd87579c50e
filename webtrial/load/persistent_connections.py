"""Persistent connections: each is opened once, sends a request then, and further ones at intervals.

Openings are spread evenly over the warm-up. After that each connection sends requests at equal
intervals, starting at a time drawn from the first interval: together they send at a constant rate.
Connections opened first send first, so none sends its second request immediately. A request on a
connection that has ended fails: reopening connections would falsify their count.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter_ns

import httpx
import numpy as np

from webtrial.load.connection import Connection
from webtrial.load.open_loop_schedule import OpenLoopSchedule
from webtrial.load.partition import Partition
from webtrial.load.user import User, kind_of
from webtrial.load.window import Window
from webtrial.run.records import ConnectionStates


@dataclass(frozen=True, slots=True)
class PersistentRequests:
    """Schedule of requests: sorted times in ns since the load starts, and connection numbers."""

    at_ns: list[int]
    connections: list[int]

    def part(self, partition: Partition) -> "PersistentRequests":
        """Return the requests of one driver, which numbers its own connections from 0."""
        own = [
            place
            for place, number in enumerate(self.connections)
            if number % partition.of == partition.index
        ]
        return PersistentRequests(
            [self.at_ns[place] for place in own],
            [self.connections[place] // partition.of for place in own],
        )


def persistent_requests(
    connections: int, rate_per_s: float, opening_ns: int, span_ns: int, seed: int
) -> PersistentRequests:
    """Return the requests of all connections within [0, span_ns), in nanoseconds.

    Each connection sends one when it opens, within `opening_ns`. After that, all of them together
    send `rate_per_s`.
    """
    random = np.random.default_rng([seed, 0x4E1D])
    interval_ns = 1e9 * connections / rate_per_s
    first_ns = opening_ns + np.sort(random.uniform(0, interval_ns, connections))
    rounds = int(np.ceil((span_ns - opening_ns) / interval_ns))
    at_ns = np.vstack(
        [
            np.arange(connections) * opening_ns / connections,
            first_ns + interval_ns * np.arange(rounds)[:, None],
        ]
    ).astype(np.int64)
    numbers = np.broadcast_to(np.arange(connections), at_ns.shape)
    order = np.argsort(at_ns, axis=None, kind="stable")
    order = order[at_ns.ravel()[order] < span_ns]
    return PersistentRequests(at_ns.ravel()[order].tolist(), numbers.ravel()[order].tolist())


class PersistentLoop(OpenLoopSchedule):
    """Sends the request of each connection when it is due.

    A request that is due while its connection still waits for a response is dropped.
    """

    def __init__(self, users: Sequence[User], connections: Sequence[int], window: Window) -> None:
        super().__init__(window)
        self._users = users
        self._connections = connections
        self._waiting: set[int] = set()
        self._timed_out = 0
        self._prepare_next()

    def _prepare_next(self) -> None:
        if (
            self._next < len(self._connections)
            and self._connections[self._next] not in self._waiting
        ):
            self._users[self._connections[self._next]].prepare()

    def _send(self, index: int) -> None:
        number = self._connections[index]
        if number in self._waiting:
            self._drop(index)
            return
        self._waiting.add(number)
        self._start(self._send_on(number, self._due[index]))

    async def _send_on(self, number: int, intended_ns: int) -> None:
        user = self._users[number]
        await user.send_next(intended_ns, self._window)
        self._waiting.discard(number)
        if user.outcome == "timeout" and user.connection.opened:
            self._timed_out += 1

    def states(self, idle: Sequence[Connection]) -> ConnectionStates:
        """Return the current state of the connections and of the `idle` ones."""
        opened = sum(user.connection.opened for user in self._users)
        still_open = sum(user.connection.is_open for user in self._users)
        return ConnectionStates(
            opened=opened,
            refused=len(self._users) - opened,
            reset=opened - still_open - self._timed_out,
            timed_out=self._timed_out,
            still_open=still_open,
            idle_opened=sum(connection.opened for connection in idle),
            idle_still_open=sum(connection.is_open for connection in idle),
        )


async def open_idle(
    connections: Sequence[Connection], request: httpx.Request, start_ns: int, opening_ns: int
) -> None:
    """Open idle connections to the server of `request`, spread evenly over `opening_ns`."""

    async def one(number: int, connection: Connection) -> None:
        at_ns = start_ns + number * opening_ns // len(connections)
        await asyncio.sleep((at_ns - perf_counter_ns()) / 1e9)
        try:
            await connection.open(request)
        except httpx.TransportError as error:
            kind_of(error)  # raises if the fault is ours; the server's faults show in the count

    await asyncio.gather(*(one(*each) for each in enumerate(connections)))
