"""Timed calls, accurate to a fraction of a millisecond with Linux's timerfd (timerfd_create(2)).

asyncio's own timers round up to a whole millisecond, which matters for a delay of 20. They are used
on other systems.
"""

import asyncio
import ctypes
import heapq
import itertools
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from time import CLOCK_MONOTONIC, monotonic_ns

Call = Callable[[], None]

_NONBLOCK_CLOEXEC = os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0)
_ABSOLUTE = 1


class _TimeSpec(ctypes.Structure):
    _fields_ = (("s", ctypes.c_long), ("ns", ctypes.c_long))


class _TimerSpec(ctypes.Structure):
    _fields_ = (("interval", _TimeSpec), ("value", _TimeSpec))


class LoopTimer:
    """The running loop's own timers."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    def call_later(self, delay_ms: float, call: Call) -> None:
        """Call once, after `delay_ms`."""
        self._loop.call_later(delay_ms / 1e3, call)


class KernelTimer:
    """One timerfd, set to the earliest pending call and watched by the running loop."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = self._libc.timerfd_create(CLOCK_MONOTONIC, _NONBLOCK_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create failed")
        self._waiting: list[tuple[int, int, Call]] = []
        self._numbers = itertools.count()
        asyncio.get_running_loop().add_reader(self._fd, self._call_due)

    def call_later(self, delay_ms: float, call: Call) -> None:
        """Call once, after `delay_ms`."""
        at_ns = monotonic_ns() + int(delay_ms * 1e6)
        heapq.heappush(self._waiting, (at_ns, next(self._numbers), call))
        if self._waiting[0][0] == at_ns:
            self._set(at_ns)

    def _call_due(self) -> None:
        with suppress(BlockingIOError):  # it was set again after the loop saw it expire
            os.read(self._fd, 8)
        while self._waiting and self._waiting[0][0] <= monotonic_ns():
            _, _, call = heapq.heappop(self._waiting)
            call()
        if self._waiting:
            self._set(self._waiting[0][0])

    def _set(self, at_ns: int) -> None:
        when = _TimerSpec(value=_TimeSpec(*divmod(at_ns, 10**9)))
        if self._libc.timerfd_settime(self._fd, _ABSOLUTE, ctypes.byref(when), None) < 0:
            raise OSError(ctypes.get_errno(), "timerfd_settime failed")


def make_timer() -> KernelTimer | LoopTimer:
    """Return the most accurate timer of this system, for the running loop."""
    return KernelTimer() if sys.platform == "linux" else LoopTimer()
