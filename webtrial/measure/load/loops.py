"""Closed and open loops: when each request is intended to start.

Closed: a user sends again when answered, after its think time; the server's slowness slows the
users down. Open: requests are due at drawn instants, whatever became of the earlier ones; latency
counts from that instant, so a stall is felt by everyone who came while it lasted (G. Tene, "How
NOT to Measure Latency", on coordinated omission).
"""

import asyncio
from collections.abc import Callable, Iterable
from time import perf_counter_ns

import numpy as np

from webtrial.measure.load.timer import Timer
from webtrial.measure.load.user import User
from webtrial.measure.load.window import Window

GROUP = 50  # users that come together
GROUP_EVERY_S = 0.002
AWAKE_NS = 1_000_000  # before an arrival is due
AWAKE_FRACTION = 0.1  # of the time at most, since it costs CPU


async def closed_loop(users: Iterable[User], window: Window, think_time_s: float) -> None:
    """Let all users live until the window is over.

    They come in small groups: thousands of connections opened at once would cost memory that is
    never needed again, and overflow the server's queue of connections to accept.
    """
    living = []
    for number, user in enumerate(users, 1):
        living.append(asyncio.create_task(_live(user, window, think_time_s)))
        if number % GROUP == 0:
            await asyncio.sleep(GROUP_EVERY_S)
    await asyncio.gather(*living)


async def _live(user: User, window: Window, think_time_s: float) -> None:
    think_ns = int(think_time_s * 1e9)
    intended_ns = perf_counter_ns()
    while not window.is_over(perf_counter_ns()):
        done_ns = await user.ask(intended_ns, window)
        intended_ns = done_ns + think_ns
        if think_ns:
            await asyncio.sleep((intended_ns - perf_counter_ns()) / 1e9)


def poisson_arrivals(rate_per_s: float, span_ns: int, seed: int) -> list[int]:
    """Instants of a Poisson process within [0, span_ns), in nanoseconds, sorted."""
    random = np.random.default_rng([seed, 0xA881])
    expected = rate_per_s * span_ns / 1e9
    gaps_s = random.exponential(1 / rate_per_s, int(expected + 8 * expected**0.5 + 16))
    instants = (np.cumsum(gaps_s) * 1e9).astype(np.int64)
    return instants[instants < span_ns].tolist()  # type: ignore[no-any-return]


def _awake_ns(due_ns: list[int]) -> int:
    """How long before an arrival the loop keeps itself awake."""
    if not due_ns:
        return 0
    mean_gap_ns = (due_ns[-1] - due_ns[0]) / len(due_ns)
    return min(AWAKE_NS, int(AWAKE_FRACTION * mean_gap_ns))


class OpenLoop:
    """Sends whatever is due when it is due, on the connection that was used last.

    A new user joins where all are busy, up to `most_users`; an arrival beyond that is dropped
    (`dropped` counts those of the window, and those that were still unsent at the end).
    """

    def __init__(
        self, users: list[User], join: Callable[[], User], most_users: int, window: Window
    ) -> None:
        self.users = users
        self.dropped = 0
        self._idle = list(reversed(users))
        self._join = join
        self._most_users = most_users
        self._window = window
        self._loop = asyncio.get_running_loop()
        self._keep_one_ready()
        self._asking: set[asyncio.Task[None]] = set()
        self._error: BaseException | None = None

    async def run(self, due_ns: list[int]) -> None:
        """Offer a request at each of `due_ns`; ends when the window is over."""
        self._due = due_ns
        self._next = 0
        self._timer = timer = Timer(self._send_what_is_due, _awake_ns(due_ns))
        try:
            self._send_what_is_due()  # sets the timer, where anything is due at all
            while not self._window.is_over(perf_counter_ns()):
                await asyncio.sleep(0.01)
        finally:
            timer.close()
            self.dropped += sum(map(self._window.holds, due_ns[self._next :]))
            await self._let_finish()

    async def _let_finish(self) -> None:
        """The last requests may end too, so that the server has done no work that nobody saw."""
        left_s = (self._window.gives_up_ns - perf_counter_ns()) / 1e9
        if self._asking:
            _, late = await asyncio.wait(self._asking, timeout=max(left_s, 0))
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._error is not None:
            raise self._error

    def _send_what_is_due(self) -> None:
        now_ns = perf_counter_ns()
        while self._next < len(self._due) and self._due[self._next] <= now_ns:
            self._send(self._due[self._next])
            self._next += 1
        self._loop.call_soon(self._keep_one_ready)  # after what is being sent, not before
        if self._next < len(self._due):
            self._timer.set(self._due[self._next])

    def _keep_one_ready(self) -> None:
        """Who comes next must only be sent: users join, and load, between arrivals."""
        if not self._idle and len(self.users) < self._most_users:
            user = self._join()
            self.users.append(user)
            self._idle.append(user)
        for user in self._idle[-1:]:
            user.load()

    def _send(self, intended_ns: int) -> None:
        if self._idle:
            user = self._idle.pop()
        elif len(self.users) < self._most_users:
            user = self._join()
            self.users.append(user)
        else:
            self.dropped += self._window.holds(intended_ns)
            return
        task = asyncio.create_task(self._ask(user, intended_ns))
        self._asking.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._asking.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._error = task.exception()  # a fault of ours: the trial must not pass

    async def _ask(self, user: User, intended_ns: int) -> None:
        await user.ask(intended_ns, self._window)
        user.load()
        self._idle.append(user)
