"""What measuring asks of Linux itself. Other systems can import it, and are told what to do."""

import ctypes
import os
import signal
import sys

from webtrial.errors import LaunchError

_PR_SET_PDEATHSIG = 1
_NAMES = {"darwin": "macOS", "win32": "Windows"}


def is_linux() -> bool:
    """Whether this is the system that measuring needs."""
    return sys.platform.startswith("linux")


# Loaded here: between fork and exec, where it is called, only system calls are safe.
_LIBC = ctypes.CDLL(None, use_errno=True) if is_linux() else None


def demand_linux() -> None:
    """LaunchError on any other system. It names the container, in which measuring works."""
    if is_linux():
        return
    raise LaunchError(
        f"measuring needs Linux, this is {_NAMES.get(sys.platform, sys.platform)}: measure in the"
        " container of the Dockerfile, as docs/running.md shows"
    )


def libc() -> ctypes.CDLL:
    """The C library that this process has loaded, on Linux; its functions keep errno."""
    assert _LIBC is not None
    return _LIBC


def die_with_parent(parent: int | None = None, number: int | None = None) -> None:
    """Have the kernel send us signal `number`, by default SIGKILL, when the thread that forked us
    ends. Other systems than Linux have no such request: nothing happens there.

    `parent` is the id of the process that should be our parent, by default the one that is.
    """
    if not is_linux():
        return
    number = signal.SIGKILL if number is None else number
    parent = os.getppid() if parent is None else parent
    libc().prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), number)
