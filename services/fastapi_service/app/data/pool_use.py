"""How often requests take connections, and how long they wait for them."""

from collections.abc import Mapping
from threading import Lock

PoolUse = dict[str, float | None]
"""`taken`: how often; `waited_ms`: how long in all. None where nobody counts."""

NOT_COUNTED: PoolUse = {"taken": None, "waited_ms": None}


class Counter:
    """Counts where the pool itself does not."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._taken = self._waited_ns = 0

    def add(self, waited_ns: int) -> None:
        """A connection was taken, after so long."""
        with self._lock:
            self._taken += 1
            self._waited_ns += waited_ns

    def told(self) -> PoolUse:
        """What was counted until now."""
        with self._lock:
            return {"taken": self._taken, "waited_ms": self._waited_ns / 1e6}


def told_by_psycopg(counted: Mapping[str, int]) -> PoolUse:
    """What a pool of psycopg's says; what has not happened yet is not in its counts."""
    return {
        "taken": counted.get("requests_num", 0),
        "waited_ms": counted.get("requests_wait_ms", 0),
    }
