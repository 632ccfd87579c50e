"""Counts of connections taken by requests, and of their waits."""

from collections.abc import Mapping
from threading import Lock

PoolUse = dict[str, float | None]
"""`taken`: number of connections; `waited_ms`: total wait. None if not counted."""

NOT_COUNTED: PoolUse = {"taken": None, "waited_ms": None}


class Counter:
    """Counter for pools that do not count themselves."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._taken = self._waited_ns = 0

    def add(self, waited_ns: int) -> None:
        """Count a connection that was taken after a wait."""
        with self._lock:
            self._taken += 1
            self._waited_ns += waited_ns

    def use(self) -> PoolUse:
        """Return the counts until now."""
        with self._lock:
            return {"taken": self._taken, "waited_ms": self._waited_ns / 1e6}


def use_of_psycopg(counted: Mapping[str, int]) -> PoolUse:
    """Return the counts of a psycopg pool, which has no entries for what has not happened yet."""
    return {
        "taken": counted.get("requests_num", 0),
        "waited_ms": counted.get("requests_wait_ms", 0),
    }
