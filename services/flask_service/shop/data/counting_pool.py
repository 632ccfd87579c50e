"""SQLAlchemy's connection pool with counts of connections and waits."""

from threading import Lock
from time import perf_counter
from typing import Any

from sqlalchemy.pool import QueuePool


class CountingPool(QueuePool):
    """Counts how often a connection was taken, and the total time waited."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lock = Lock()
        self.reset()

    def reset(self) -> None:
        """Reset the counts."""
        self._taken, self._waited_s = 0, 0.0

    def use(self) -> dict[str, float]:
        """Return `taken` and `waited_ms` since the last reset."""
        with self._lock:
            return {"taken": self._taken, "waited_ms": self._waited_s * 1e3}

    def _do_get(self) -> Any:
        started_s = perf_counter()
        connection = super()._do_get()
        waited_s = perf_counter() - started_s
        with self._lock:
            self._taken += 1
            self._waited_s += waited_s
        return connection
