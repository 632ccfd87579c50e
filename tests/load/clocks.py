"""Clocks that a test moves, so that time limits are tried without racing the machine."""

import asyncio
from collections.abc import Callable

import pytest

from webtrial.load import connection, link
from webtrial.load.link import Link


class HeldClock:
    """The clock of our links, in place of `perf_counter_ns`: it stands still until it is moved.

    A link's timers stay real: they only make it look at this clock.
    """

    def __init__(self) -> None:
        self.arrivals = 0  # pieces that links have received
        self._now_ns = 10**15
        self._readings = 0

    def __call__(self) -> int:
        self._readings += 1
        return self._now_ns

    def move(self, by_s: float) -> None:
        """Let so much time pass."""
        self._now_ns += int(by_s * 1e9)

    async def pass_by(self, by_s: float) -> None:
        """Let so much time pass, and return once a link has looked at the clock again."""
        self.move(by_s)
        seen = self._readings
        while self._readings == seen:
            await asyncio.sleep(0.001)

    async def received(self, pieces: int) -> None:
        """Return once links have received so many pieces in all."""
        while self.arrivals < pieces:
            await asyncio.sleep(0.001)


def hold_clock_of_links(monkeypatch: pytest.MonkeyPatch) -> HeldClock:
    """The clock that every link reads until the test is over."""
    clock = HeldClock()
    for module in (connection, link):
        monkeypatch.setattr(module, "perf_counter_ns", clock)
    take: Callable[[Link, bytes], None] = Link.data_received

    def count(self: Link, data: bytes) -> None:
        take(self, data)
        clock.arrivals += 1

    monkeypatch.setattr(Link, "data_received", count)
    return clock


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock can be put forward, for limits that asyncio itself watches."""

    ahead_s = 0.0

    def time(self) -> float:
        return super().time() + self.ahead_s
