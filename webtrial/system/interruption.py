"""Interruptions from outside: Ctrl-C (SIGINT) and a closed terminal (SIGHUP).

Both raise KeyboardInterrupt, and everything in progress ends in the same order.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

HAS_HANG_UP = hasattr(signal, "SIGHUP")
"""False on Windows, which has no SIGHUP."""

SIGNALS = (signal.SIGINT, signal.SIGHUP) if HAS_HANG_UP else (signal.SIGINT,)


class HangUp(KeyboardInterrupt):
    """The terminal was closed."""


def signal_of(interruption: KeyboardInterrupt) -> signal.Signals:
    """Return the signal that forwards an interruption to another process."""
    return signal.SIGHUP if isinstance(interruption, HangUp) else signal.SIGINT


@contextmanager
def hang_up_raised() -> Iterator[None]:
    """Raise HangUp in this process when its terminal is closed, unless started with `nohup`."""
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
    # The system signals every process of the terminal, and the shell signals them once more.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    raise HangUp
