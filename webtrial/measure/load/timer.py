"""A timer that is on time: Linux's timerfd, watched by the event loop.

asyncio's own timers round up to a millisecond, uvloop's clock counts in milliseconds; a timerfd
has the kernel's resolution on either loop (timerfd_create(2)).
"""

import asyncio
import ctypes
import os
from collections.abc import Callable

_CLOCK_MONOTONIC = 1  # the clock of time.perf_counter_ns
_NONBLOCK_CLOEXEC = os.O_NONBLOCK | os.O_CLOEXEC
_ABSOLUTE = 1

_libc = ctypes.CDLL(None, use_errno=True)


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


class Timer:
    """Calls `on_time()` at the instant that it was last set to, once."""

    def __init__(self, on_time: Callable[[], None]) -> None:
        self._on_time = on_time
        self._fd = _libc.timerfd_create(_CLOCK_MONOTONIC, _NONBLOCK_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create failed; open arrivals need Linux")
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._fired)

    def set(self, at_ns: int) -> None:
        """Fire at `at_ns` of time.perf_counter_ns; at once where that has passed."""
        seconds, nanoseconds = divmod(max(at_ns, 1), 1_000_000_000)
        when = _Itimerspec(_Timespec(0, 0), _Timespec(seconds, nanoseconds))
        if _libc.timerfd_settime(self._fd, _ABSOLUTE, ctypes.byref(when), None) < 0:
            raise OSError(ctypes.get_errno(), "timerfd_settime failed")

    def _fired(self) -> None:
        try:
            os.read(self._fd, 8)
        except BlockingIOError:
            return
        self._on_time()

    def close(self) -> None:
        """Stop watching and give the descriptor back."""
        self._loop.remove_reader(self._fd)
        os.close(self._fd)
