"""Open-loop schedule: requests are due at given times, independent of earlier responses.

Latency counts from the due time: a stall affects every request that was due while it lasted (G.
Tene, "How NOT to Measure Latency", on coordinated omission).
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from time import perf_counter_ns
from typing import Any

from webtrial.load.timer import Timer
from webtrial.load.window import Window

AWAKE_NS = 1_000_000  # before a request is due
AWAKE_FRACTION = 0.1  # of the time at most, because it costs CPU


class OpenLoopSchedule(ABC):
    """Sends each request when it is due; subclasses choose the connection.

    `dropped` counts the requests of the window that could not be sent, or were unsent at the end.
    """

    def __init__(self, window: Window) -> None:
        self.dropped = 0
        self._window = window
        self._loop = asyncio.get_running_loop()
        self._pending: set[asyncio.Task[None]] = set()
        self._error: BaseException | None = None
        self._due: list[int] = []
        self._next = 0

    @abstractmethod
    def _send(self, index: int) -> None:
        """Send the request at position `index` of the schedule, or drop it."""

    @abstractmethod
    def _prepare_next(self) -> None:
        """Prepare the next request in the time between two requests."""

    async def run(self, due_ns: list[int]) -> None:
        """Offer a request at each of `due_ns`, until the window is over."""
        self._due = due_ns
        self._timer = timer = Timer(self._send_due, _awake_ns(due_ns))
        try:
            self._send_due()  # sets the timer, if any request is due at all
            while not self._window.is_over(perf_counter_ns()):
                await asyncio.sleep(0.01)
        finally:
            timer.close()
            self.dropped += sum(map(self._window.contains, due_ns[self._next :]))
            await self._await_pending()

    async def _await_pending(self) -> None:
        """Wait for the last requests: otherwise the server would do work that is not recorded."""
        remaining_s = (self._window.gives_up_ns - perf_counter_ns()) / 1e9
        if self._pending:
            _, late = await asyncio.wait(self._pending, timeout=max(remaining_s, 0))
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._error is not None:
            raise self._error

    def _send_due(self) -> None:
        now_ns = perf_counter_ns()
        while self._next < len(self._due) and self._due[self._next] <= now_ns:
            self._send(self._next)
            self._next += 1
        self._loop.call_soon(self._prepare_next)  # after the current requests are sent, not before
        if self._next < len(self._due):
            self._timer.set(self._due[self._next])

    def _drop(self, index: int) -> None:
        self.dropped += self._window.contains(self._due[index])

    def _start(self, sending: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(sending)
        self._pending.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._pending.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._error = task.exception()  # our own fault: the trial must not count


def _awake_ns(due_ns: list[int]) -> int:
    """Return how long before a due request the loop stays awake, in nanoseconds."""
    if not due_ns:
        return 0
    mean_gap_ns = (due_ns[-1] - due_ns[0]) / len(due_ns)
    return min(AWAKE_NS, int(AWAKE_FRACTION * mean_gap_ns))
