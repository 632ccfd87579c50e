"""Waiting for conditions. The limit only ends a test that hangs: no working machine reaches it."""

import time
from collections.abc import Callable

LIMIT_S = 120.0
LONG_S = 600.0  # for what takes a minute by itself


def wait_until(holds: Callable[[], object], what: str, limit_s: float = LIMIT_S) -> None:
    """Return once `holds()` is true; fails, naming `what`, after `limit_s`."""
    assert holds_within(limit_s, holds), f"no {what} within {limit_s:g} s"


def holds_within(limit_s: float, holds: Callable[[], object]) -> bool:
    """Whether `holds()` becomes true; returns as soon as it is."""
    begun_s = time.monotonic()
    while not holds():
        waited_s = time.monotonic() - begun_s
        if waited_s >= limit_s:
            return False
        time.sleep(min(max(waited_s / 10, 0.01), 0.1))  # looking costs those who are waited for
    return True
