"""Functions that run on a worker of a Dask cluster: a load driver, and its coordinator's calls.

`work` is a task and runs in its own thread. The other functions are called on the worker's event
loop while `work` runs.
"""

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter_ns

import pandas  # noqa: F401 - else pyarrow loads it with its first array, within the first trial

from webtrial.errors import DriverError
from webtrial.load.clock import machine_id
from webtrial.load.driver import SETTING_UP_LIMIT_S, run_driver
from webtrial.load.task import Outcome, Task


@dataclass(frozen=True, slots=True)
class Hello:
    """A worker's identity and state."""

    machine: str
    pid: int
    is_busy: bool


class _WorkerChannel:
    """Channel to a coordinator that calls on this worker's event loop, not the driver's thread."""

    def __init__(self) -> None:
        self.is_ready = False
        self._released = threading.Event()
        self._begins_ns: int | None = None
        self._cancel: Callable[[], object] = lambda: None

    def start_ns(self) -> int:
        loop, running_driver = asyncio.get_running_loop(), asyncio.current_task()
        assert running_driver is not None
        self._cancel = lambda: loop.call_soon_threadsafe(running_driver.cancel)
        self.is_ready = True
        self._released.wait(SETTING_UP_LIMIT_S)
        if self._begins_ns is None:
            raise DriverError(f"the load driver got no start time within {SETTING_UP_LIMIT_S:g} s")
        return self._begins_ns

    def report(self, word: str) -> None:
        """Do nothing: the worker's heartbeats report that it is alive."""

    def begin(self, at_ns: int) -> None:
        self._begins_ns = at_ns
        self._released.set()

    def stop(self) -> None:
        self._released.set()
        self._cancel()


_running: list[_WorkerChannel] = []  # at most one: a busy worker gets no part


def hello() -> Hello:
    """Return this worker's identity, and whether it still runs an earlier trial."""
    return Hello(machine_id(), os.getpid(), bool(_running))


def read_clock() -> int:
    """Return this machine's time.perf_counter_ns."""
    return perf_counter_ns()


def is_ready() -> bool:
    """Whether the driver waits only for its start time."""
    return any(channel.is_ready for channel in _running)


def begin(at_ns: int) -> bool:
    """Start the driver at `at_ns` of this machine's clock; False if there is no driver."""
    for channel in list(_running):
        channel.begin(at_ns)
    return bool(_running)


def stop_driving() -> None:
    """Stop the driver of an earlier trial, if there is one."""
    for channel in list(_running):
        with suppress(RuntimeError):  # it may just have ended by itself
            channel.stop()


def work(part: Task) -> Outcome:
    """Run a load driver of `part` that starts at the time given to `begin`."""
    channel = _WorkerChannel()
    _running.append(channel)
    try:
        return run_driver(part, channel)
    except asyncio.CancelledError:
        raise DriverError("the load driver was stopped by its coordinator") from None
    finally:
        _running.remove(channel)
