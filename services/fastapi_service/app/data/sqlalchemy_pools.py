"""SQLAlchemy's pools with counts."""

from time import perf_counter_ns
from typing import Any

from sqlalchemy import AsyncAdaptedQueuePool, Pool, PoolProxiedConnection, QueuePool

from .pool_use import Counter


class _Counting(Pool):
    """Counts connections that are taken, and how long that takes."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.counter = Counter()

    def connect(self) -> PoolProxiedConnection:
        started_ns = perf_counter_ns()
        connection = super().connect()
        self.counter.add(perf_counter_ns() - started_ns)
        return connection


class CountingPool(_Counting, QueuePool):
    """Counting pool for threads."""


class AsyncCountingPool(_Counting, AsyncAdaptedQueuePool):
    """Counting pool for an event loop."""
