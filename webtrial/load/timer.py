"""A precise timer: Linux's timerfd, watched by the event loop.

asyncio's own timers round up to a millisecond, and uvloop's clock counts in milliseconds. A timerfd
has the kernel's resolution on either loop (timerfd_create(2)). But a sleeping core wakes up some
tenths of a millisecond late, on a virtual machine occasionally a whole millisecond. A timer can
therefore wake up before its time, and then check the clock in every iteration of the loop.
"""

import asyncio
import ctypes
import os
from collections.abc import Callable
from time import perf_counter_ns

_CLOCK_MONOTONIC = 1  # the clock of time.perf_counter_ns
_NONBLOCK_CLOEXEC = os.O_NONBLOCK | os.O_CLOEXEC
_ABSOLUTE = 1

_libc = ctypes.CDLL(None, use_errno=True)


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


class Timer:
    """Calls `on_time()` once, at the time that was set last, never earlier.

    It wakes up `awake_ns` before that time and polls the clock. This costs CPU, but avoids the
    delay of waking up.
    """

    def __init__(self, on_time: Callable[[], None], awake_ns: int = 0) -> None:
        self._on_time = on_time
        self._awake_ns = awake_ns
        self._at_ns = 0
        self._poll_handle: asyncio.Handle | None = None
        self._fd = _libc.timerfd_create(_CLOCK_MONOTONIC, _NONBLOCK_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create failed; open loads need Linux")
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._fired)

    def set(self, at_ns: int) -> None:
        """Fire at `at_ns` of time.perf_counter_ns, or at once if that has passed."""
        self._stop_polling()
        self._at_ns = at_ns
        seconds, nanoseconds = divmod(max(at_ns - self._awake_ns, 1), 1_000_000_000)
        when = _Itimerspec(_Timespec(0, 0), _Timespec(seconds, nanoseconds))
        if _libc.timerfd_settime(self._fd, _ABSOLUTE, ctypes.byref(when), None) < 0:
            raise OSError(ctypes.get_errno(), "timerfd_settime failed")

    def _fired(self) -> None:
        try:
            os.read(self._fd, 8)
        except BlockingIOError:
            return
        self._poll()

    def _poll(self) -> None:
        self._poll_handle = None
        if perf_counter_ns() < self._at_ns:
            self._poll_handle = self._loop.call_soon(self._poll)
        else:
            self._on_time()

    def _stop_polling(self) -> None:
        if self._poll_handle is not None:
            self._poll_handle.cancel()
            self._poll_handle = None

    def close(self) -> None:
        """Stop the timer and close its descriptor."""
        self._stop_polling()
        self._loop.remove_reader(self._fd)
        os.close(self._fd)
