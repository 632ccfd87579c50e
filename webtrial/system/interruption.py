"""Interruptions from outside: Ctrl-C (SIGINT), and a terminal that is closed (SIGHUP).

Both are raised as a KeyboardInterrupt, so that whatever is under way ends in the same order.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

HAS_HANG_UP = hasattr(signal, "SIGHUP")
"""Windows lacks it."""

SIGNALS = (signal.SIGINT, signal.SIGHUP) if HAS_HANG_UP else (signal.SIGINT,)


class HangUp(KeyboardInterrupt):
    """The terminal was closed."""


def signal_of(interruption: KeyboardInterrupt) -> signal.Signals:
    """The signal with which to pass an interruption on to another process."""
    return signal.SIGHUP if isinstance(interruption, HangUp) else signal.SIGINT


@contextmanager
def hang_up_raised() -> Iterator[None]:
    """Have this process raise HangUp when its terminal is closed, unless whoever started it made
    it immune to that (`nohup`)."""
    in_main = threading.current_thread() is threading.main_thread()
    if HAS_HANG_UP and in_main and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _hang_up)
        try:
            yield
        finally:
            if signal.getsignal(signal.SIGHUP) is _hang_up:
                signal.signal(signal.SIGHUP, signal.SIG_DFL)
    else:
        yield


def _hang_up(_: int, __: FrameType | None) -> NoReturn:
    # The system tells every process of the terminal, and the shell tells them once more.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    raise HangUp
