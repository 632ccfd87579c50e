"""The load driver: runs one trial in its own process, from connecting to collecting samples.

coordinator                         driver process (forked anew for each trial)
driving(task) ────── task ────────▶ make users and their requests
.window_opens_ns ◀── "ready" ──────
                 ─── start time ──▶ warm up, measure, cool down
.check() ◀────────── "alive" ────── every second, from the loop that sends requests
.outcome() ◀──────── "outcome" ──── counts, its measurements of itself, samples

Several drivers get the same start time (`load.driver_pool`) and begin together.
"""

import asyncio
import gc
import multiprocessing
import os
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from math import inf
from multiprocessing import forkserver
from multiprocessing.connection import Connection as Pipe
from multiprocessing.context import ForkServerContext, ForkServerProcess
from time import monotonic, perf_counter_ns
from typing import Any, Protocol

import psutil
import uvloop

from webtrial.errors import DriverError
from webtrial.load.aggregation import client_of, counts_of
from webtrial.load.connection import Connection
from webtrial.load.descriptors import raise_descriptor_limit
from webtrial.load.event_loop_monitor import EventLoopMonitor
from webtrial.load.loops import OpenLoop, closed_loop, poisson_arrivals, sleep_until
from webtrial.load.meter import Meter
from webtrial.load.persistent_connections import (
    PersistentLoop,
    PersistentRequests,
    open_idle,
    persistent_requests,
)
from webtrial.load.requests import ScenarioContext
from webtrial.load.samples import Samples
from webtrial.load.scenarios import sessions
from webtrial.load.shards import write_shard
from webtrial.load.task import Outcome, Task
from webtrial.load.user import User
from webtrial.load.window import COOLDOWN_NS, Window
from webtrial.run.records import ConnectionStates
from webtrial.system.scheduling import has_realtime_priority, set_realtime_priority

SETTING_UP_LIMIT_S = 60.0
SILENCE_LIMIT_S = 5.0  # while load is offered: five heartbeats missed
ENDING_LIMIT_S = 30.0
ALIVE_EVERY_S = 1.0
LEAD_NS = 20_000_000  # from the start command until load begins


class DriverChannel(Protocol):
    """A driver's channel to its coordinator."""

    def start_ns(self) -> int:
        """Report readiness and return the start time, by this machine's time.perf_counter_ns."""

    def report(self, kind: str) -> None:
        """Report progress: `alive`, or `ended` when the load is over."""


class DriverHandle:
    """The coordinator's handle of a running driver."""

    pids: tuple[int, ...] = ()  # drivers outside our process tree: none, ours is a child

    def __init__(self, process: ForkServerProcess, pipe: Pipe, task: Task) -> None:
        self._process = process
        self._pipe = pipe
        self._task = task
        self._received: dict[str, Any] = {}
        self._opens_ns: int | None = None
        self._must_end_s = inf
        self._allow_silence(SETTING_UP_LIMIT_S)

    @property
    def pid(self) -> int:
        """Process id of the driver."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def window_opens_ns(self) -> int:
        """Time at which the measured window opens, by time.perf_counter_ns.

        Waits until the driver is ready, and starts it if `begin` has not.
        """
        if self._opens_ns is None:
            self.await_ready()
            self.begin(perf_counter_ns() + LEAD_NS)
        assert self._opens_ns is not None
        return self._opens_ns

    def await_ready(self) -> None:
        """Wait until the driver is ready to begin."""
        self._await("ready")

    def begin(self, at_ns: int) -> None:
        """Start the load at `at_ns` of time.perf_counter_ns."""
        task = self._task
        try:
            self._pipe.send(at_ns)
        except ConnectionError:
            raise self._died("it got its start time") from None
        self._opens_ns = at_ns + int(task.warmup_s * 1e9)
        lasts_s = task.warmup_s + task.window_s + task.timeout_s
        self._must_end_s = monotonic() + lasts_s + ENDING_LIMIT_S
        self._allow_silence(SILENCE_LIMIT_S)

    def check(self) -> None:
        """Raise DriverError if the driver has died, failed or fallen silent."""
        while "outcome" not in self._received:
            if not self._receive(0.0):
                self._require_time_left()
                return

    def outcome(self) -> Outcome:
        """Wait for the end and return what was measured. DriverError if there is no result."""
        _ = self.window_opens_ns
        found: Outcome = self._await("outcome")
        return found

    def kill(self) -> None:
        """Kill the driver, without a result."""
        self._process.kill()

    def _await(self, kind: str) -> Any:
        while kind not in self._received:
            if not self._receive(max(0.0, self._deadline_s - monotonic())):
                self._require_time_left()
        return self._received[kind]

    def _receive(self, patience_s: float) -> bool:
        """Receive the driver's next message; False if none arrives in time."""
        try:
            if not self._pipe.poll(patience_s):
                return False
            kind, content = self._pipe.recv()
        except (EOFError, ConnectionError):
            raise self._died("it sent its outcome" if self._opens_ns else "it was ready") from None
        if kind == "failed":
            raise DriverError(f"the load driver failed: {content}")
        self._received[kind] = content
        self._allow_silence(ENDING_LIMIT_S if kind == "ended" else SILENCE_LIMIT_S)
        return True

    def _allow_silence(self, limit_s: float) -> None:
        self._silence_limit_s = limit_s
        self._silent_until_s = monotonic() + limit_s

    @property
    def _deadline_s(self) -> float:
        return min(self._silent_until_s, self._must_end_s)

    def _require_time_left(self) -> None:
        now_s = monotonic()
        if now_s >= self._silent_until_s:
            raise DriverError(f"the load driver hung: no message for {self._silence_limit_s:g} s")
        if now_s >= self._must_end_s:
            raise DriverError(
                f"the load driver had not finished {ENDING_LIMIT_S:g} s after the end of its trial"
            )

    def _died(self, before: str) -> DriverError:
        self._process.join(1)
        return DriverError(
            f"the load driver died (exit code {self._process.exitcode}) before {before}"
        )


def prepare() -> None:
    """Start the fork server and load what drivers need, while PostgreSQL and services start.

    Otherwise the first driver would wait for it.
    """
    fork_server()
    forkserver.ensure_running()


def fork_server(*modules: str) -> ForkServerContext:
    """Return a fork server context that preloads `modules` and everything that drivers need."""
    context = multiprocessing.get_context("forkserver")
    # pyarrow loads pandas with its first array, which would cost each driver most of a second.
    context.set_forkserver_preload(["__main__", __name__, "pandas", *modules])
    return context


@contextmanager
def running_driver(task: Task) -> Iterator[DriverHandle]:
    """Run a driver in a fresh process, which always ends with the block."""
    context = fork_server()
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(task, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield DriverHandle(process, ours, task)
    except BaseException:
        process.kill()  # there is no outcome to wait for
        raise
    finally:
        ours.close()
        process.join(1)
        process.kill()
        process.join()


# --- within the driver's process


class _PipeChannel:
    """The channel to a coordinator on this machine."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    def start_ns(self) -> int:
        self.report("ready")
        return int(self._pipe.recv())

    def report(self, kind: str) -> None:
        self._pipe.send((kind, None))


def _work(task: Task, pipe: Pipe) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator ends us
    if task.core is not None:
        os.sched_setaffinity(0, {task.core})
        set_realtime_priority()
    try:
        pipe.send(("outcome", run_driver(task, _PipeChannel(pipe))))
    except Exception as error:
        text = "".join(traceback.format_exception_only(error)).strip()
        pipe.send(("failed", text))


def run_driver(task: Task, channel: DriverChannel) -> Outcome:
    """Run the driver of `task` in this thread until it is done."""
    raise_descriptor_limit()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_drive(task, channel))


async def _drive(task: Task, channel: DriverChannel) -> Outcome:
    meter, samples = Meter(), Samples()
    users = _users(task, meter, samples)
    # In an open loop further users join when needed; the first one has all requests rendered.
    at_first = task.load.users or task.load.connections
    ready = list(islice(users, task.partition.count(at_first) if at_first else 1))
    idle = [Connection(once=True) for _ in range(task.partition.count(task.load.idle))]
    due_requests = _due_requests(task)
    with _garbage_collection_disabled():
        window = _window(task, channel.start_ns())
        monitor = EventLoopMonitor(window, meter)
        heartbeats = asyncio.create_task(_send_heartbeats(channel))
        dropped, states = await _load(task, ready, users, idle, due_requests, window)
        monitor.stop()
        heartbeats.cancel()
    channel.report("ended")
    unread, memory_mib = meter.in_flight, psutil.Process().memory_info().rss / 2**20
    for connection in (*(user.connection for user in ready), *idle):
        await connection.aclose()
    table = samples.table(window.opens_ns, window.closes_ns - window.opens_ns)
    return Outcome(
        counts_of(table, task.window_s, dropped),
        client_of(
            table,
            monitor,
            window,
            connections=[user.connection.opened for user in ready],
            unread=unread,
            memory_mib=memory_mib,
            realtime_priority=has_realtime_priority(),
        ),
        write_shard(f"{task.shard}.parquet", table) if task.shard else table,
        connection_states=states,
    )


@contextmanager
def _garbage_collection_disabled() -> Iterator[None]:
    """Disable garbage collection: no pauses, and existing objects are never scanned again."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


async def _send_heartbeats(channel: DriverChannel) -> None:
    while True:
        channel.report("alive")
        await asyncio.sleep(ALIVE_EVERY_S)


def _users(task: Task, meter: Meter, samples: Samples) -> Iterator[User]:
    partition, once = task.partition, task.load.kind == "persistent"
    numbered = enumerate(sessions(task.scenario, _context(task)))
    for index, session in islice(numbered, partition.index, None, partition.of):
        yield User(index, Connection(meter=meter, once=once), session, samples)


def _context(task: Task) -> ScenarioContext:
    return ScenarioContext(
        task.base_url,
        task.seed,
        task.timeout_s,
        task.seeded_data,
        task.expected_bodies,
        task.tokens,
    )


def _window(task: Task, start_ns: int) -> Window:
    opens_ns = start_ns + _warmup_ns(task)
    closes_ns = opens_ns + int(task.window_s * 1e9)
    return Window(opens_ns, closes_ns, closes_ns + int((task.timeout_s + 1) * 1e9))


def _warmup_ns(task: Task) -> int:
    return int(task.warmup_s * 1e9)


def _due_requests(task: Task) -> PersistentRequests:
    """Return when this driver's requests are due, in nanoseconds since the load starts.

    Requests of an open loop belong to no connection; a closed loop has no due times.
    """
    load, rate_per_s = task.load, task.load.rate_per_s
    if rate_per_s is None:
        return PersistentRequests([], [])
    span_ns = _warmup_ns(task) + int(task.window_s * 1e9) + COOLDOWN_NS
    if load.connections is None:
        arrivals = poisson_arrivals(rate_per_s, span_ns, task.seed)
        return PersistentRequests(list(task.partition.part(arrivals)), [])
    due_requests = persistent_requests(
        load.connections, rate_per_s, _warmup_ns(task), span_ns, task.seed
    )
    return due_requests.part(task.partition)


async def _load(
    task: Task,
    ready: list[User],
    users: Iterator[User],
    idle: list[Connection],
    due_requests: PersistentRequests,
    window: Window,
) -> tuple[int, ConnectionStates | None]:
    """Offer the load and return the number of requests of the window that were dropped.

    The second item is the state of the persistent connections, None for other loads.
    """
    start_ns = window.opens_ns - _warmup_ns(task)
    due_ns = [start_ns + offset for offset in due_requests.at_ns]
    if task.load.kind == "closed":
        await sleep_until(start_ns)
        await closed_loop(ready, window, task.think_time_s)
        return 0, None
    if task.load.kind == "persistent":
        persistent = PersistentLoop(ready, due_requests.connections, window)
        request = _context(task).request("GET", "/")
        await asyncio.gather(
            persistent.run(due_ns), open_idle(idle, request, start_ns, _warmup_ns(task))
        )
        return persistent.dropped, persistent.states(idle)
    max_users = task.partition.count(task.max_connections)
    loop = OpenLoop(ready, lambda: next(users), max_users, window)
    await loop.run(due_ns)
    return loop.dropped, None
