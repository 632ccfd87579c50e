"""Closed and open loops: when each request is intended to start.

Closed: a user sends its next request after the response and its think time, so a slow server slows
the users down. Open: requests are due at times drawn in advance (`open_loop_schedule`).
"""

import asyncio
from collections.abc import Callable, Iterable
from time import perf_counter_ns

import numpy as np

from webtrial.load.open_loop_schedule import OpenLoopSchedule
from webtrial.load.user import User
from webtrial.load.window import Window

GROUP = 50  # users that start together
GROUP_EVERY_S = 0.002


async def closed_loop(users: Iterable[User], window: Window, think_time_s: float) -> None:
    """Run all users until the window is over.

    They start in small groups: opening thousands of connections at once would take memory that is
    never needed again, and overflow the server's accept queue.
    """
    tasks = []
    for number, user in enumerate(users, 1):
        tasks.append(asyncio.create_task(_run_user(user, window, think_time_s)))
        if number % GROUP == 0:
            await asyncio.sleep(GROUP_EVERY_S)
    await asyncio.gather(*tasks)


async def sleep_until(at_ns: int) -> None:
    """Sleep until a time of time.perf_counter_ns, and never end early.

    uvloop's timers count whole milliseconds and may end one too early: a request would then be
    intended before the window that it belongs to.
    """
    while (left_ns := at_ns - perf_counter_ns()) > 0:
        await asyncio.sleep(left_ns / 1e9)


async def _run_user(user: User, window: Window, think_time_s: float) -> None:
    think_ns = int(think_time_s * 1e9)
    intended_ns = perf_counter_ns()
    while not window.is_over(perf_counter_ns()):
        done_ns = await user.send_next(intended_ns, window)
        intended_ns = done_ns + think_ns
        if think_ns:
            await sleep_until(intended_ns)


def poisson_arrivals(rate_per_s: float, span_ns: int, seed: int) -> list[int]:
    """Return the arrival times of a Poisson process within [0, span_ns), in nanoseconds, sorted."""
    random = np.random.default_rng([seed, 0xA881])
    expected = rate_per_s * span_ns / 1e9
    gaps_s = random.exponential(1 / rate_per_s, int(expected + 8 * expected**0.5 + 16))
    instants = (np.cumsum(gaps_s) * 1e9).astype(np.int64)
    return instants[instants < span_ns].tolist()  # type: ignore[no-any-return]


class OpenLoop(OpenLoopSchedule):
    """Sends each arrival on the most recently used connection.

    If all users are busy, a new one joins, up to `max_users`; further arrivals are dropped.
    """

    def __init__(
        self, users: list[User], join: Callable[[], User], max_users: int, window: Window
    ) -> None:
        super().__init__(window)
        self.users = users
        self._idle = list(reversed(users))
        self._join = join
        self._max_users = max_users
        self._prepare_next()

    def _prepare_next(self) -> None:
        if not self._idle and len(self.users) < self._max_users:
            user = self._join()
            self.users.append(user)
            self._idle.append(user)
        for user in self._idle[-1:]:
            user.prepare()

    def _send(self, index: int) -> None:
        if self._idle:
            user = self._idle.pop()
        elif len(self.users) < self._max_users:
            user = self._join()
            self.users.append(user)
        else:
            self._drop(index)
            return
        self._start(self._send_on(user, self._due[index]))

    async def _send_on(self, user: User, intended_ns: int) -> None:
        await user.send_next(intended_ns, self._window)
        user.prepare()
        self._idle.append(user)
