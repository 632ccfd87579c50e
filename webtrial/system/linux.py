"""Linux features that measuring needs. Other systems can import this and get a clear error."""

import ctypes
import os
import signal
import sys

from webtrial.errors import LaunchError

_PR_SET_PDEATHSIG = 1
_NAMES = {"darwin": "macOS", "win32": "Windows"}


def is_linux() -> bool:
    """Whether this system is Linux, which measuring needs."""
    return sys.platform.startswith("linux")


# Loaded at import: it is called between fork and exec, where only system calls are safe.
_LIBC = ctypes.CDLL(None, use_errno=True) if is_linux() else None


def demand_linux() -> None:
    """Raise LaunchError unless this system is Linux. The message recommends the container."""
    if is_linux():
        return
    raise LaunchError(
        f"measuring needs Linux, but this is {_NAMES.get(sys.platform, sys.platform)}: measure in"
        " the container of the Dockerfile, as docs/running.md shows"
    )


def libc() -> ctypes.CDLL:
    """Return the C library of this process, on Linux; its functions keep errno."""
    assert _LIBC is not None
    return _LIBC


def die_with_parent(parent: int | None = None, number: int | None = None) -> None:
    """Ask the kernel to send us `number`, by default SIGKILL, when the thread that forked us ends.

    Does nothing on systems other than Linux, which lack this. `parent` is the id of the expected
    parent process, by default the current one; if our parent is another, we get the signal at once.
    """
    if not is_linux():
        return
    number = signal.SIGKILL if number is None else number
    parent = os.getppid() if parent is None else parent
    libc().prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), number)
