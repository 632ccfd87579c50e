"""The load driver: one trial in a process of its own, from connecting to its samples.

coordinator                         driver process (forked anew for each trial)
driving(task) ────── task ────────▶ connect
.window_opens_ns ◀── "window" ───── warm up, measure, cool down
.outcome() ◀──────── "outcome" ──── counts, what it knows of itself, samples
"""

import asyncio
import gc
import multiprocessing
import os
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from multiprocessing.connection import Connection as Pipe
from multiprocessing.context import ForkServerProcess
from time import perf_counter_ns
from typing import Any

import psutil
import pyarrow as pa
import uvloop

from webtrial.errors import DriverError
from webtrial.measure.load.connection import Connection
from webtrial.measure.load.descriptors import raise_descriptor_limit
from webtrial.measure.load.loops import OpenLoop, closed_loop, poisson_arrivals
from webtrial.measure.load.meter import Meter
from webtrial.measure.load.pulse import Pulse
from webtrial.measure.load.reckon import client_of, counts_of
from webtrial.measure.load.samples import Samples
from webtrial.measure.load.user import User
from webtrial.measure.load.window import Window
from webtrial.measure.scenarios import Answers, Material, Setting, Tokens, sessions
from webtrial.records import Client, Counts, Load

SETTING_UP_LIMIT_S = 60.0
ENDING_LIMIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Task:
    """All that a driver is told."""

    base_url: str
    scenario: str
    load: Load
    seed: int
    warmup_s: float
    window_s: float
    timeout_s: float
    think_time_s: float
    max_connections: int
    core: int | None
    material: Material
    answers: Answers
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that a driver tells. `samples` has the columns of runs.SAMPLES."""

    counts: Counts
    client: Client
    samples: pa.Table


class Driving:
    """A driver at work, seen from the coordinator."""

    def __init__(self, process: ForkServerProcess, pipe: Pipe, task: Task) -> None:
        self._process = process
        self._pipe = pipe
        self._task = task

    @property
    def pid(self) -> int:
        """The driver's process."""
        assert self._process.pid is not None
        return self._process.pid

    @cached_property
    def window_opens_ns(self) -> int:
        """When the measured window opens, by time.perf_counter_ns; waits until that is known."""
        return int(self._receive("window", SETTING_UP_LIMIT_S))

    def outcome(self) -> Outcome:
        """What was measured; waits for the end. DriverError where there is nothing."""
        _ = self.window_opens_ns
        task = self._task
        limit_s = task.warmup_s + task.window_s + task.timeout_s + ENDING_LIMIT_S
        found: Outcome = self._receive("outcome", limit_s)
        return found

    def kill(self) -> None:
        """End it without a result."""
        self._process.kill()

    def _receive(self, expected: str, limit_s: float) -> Any:
        try:
            if not self._pipe.poll(limit_s):
                raise DriverError(f"the load driver gave no {expected} within {limit_s:g} s")
            word, content = self._pipe.recv()
        except (EOFError, ConnectionError):
            self._process.join(1)
            raise DriverError(
                f"the load driver died (exit code {self._process.exitcode}) before its {expected}"
            ) from None
        if word != expected:
            raise DriverError(f"the load driver failed: {content}")
        return content


@contextmanager
def driving(task: Task) -> Iterator[Driving]:
    """A driver in a fresh process, which is gone at the end, whatever happened."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", __name__])
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(task, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Driving(process, ours, task)
    finally:
        ours.close()
        process.join(1)
        process.kill()
        process.join()


# --- within the driver's process


def _work(task: Task, pipe: Pipe) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator ends us
    if task.core is not None:
        os.sched_setaffinity(0, {task.core})
    raise_descriptor_limit()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            pipe.send(("outcome", runner.run(_drive(task, pipe))))
    except Exception as error:
        text = "".join(traceback.format_exception_only(error)).strip()
        pipe.send(("failed", text))


async def _drive(task: Task, pipe: Pipe) -> Outcome:
    meter, samples = Meter(), Samples()
    users = _users(task, meter, samples)
    # In an open loop the others join when needed; the first one has all requests rendered.
    ready = list(islice(users, task.load.users or 1))
    gc.collect()
    gc.freeze()
    gc.disable()
    window = _window(task)
    pipe.send(("window", window.opens_ns))
    pulse = Pulse(window, meter)
    dropped = await _load(task, ready, users, window)
    pulse.stop()
    unread, memory_mib = meter.in_flight, psutil.Process().memory_info().rss / 2**20
    for user in ready:
        await user.connection.aclose()
    table = samples.table(window.opens_ns, window.closes_ns - window.opens_ns)
    return Outcome(
        counts_of(table, task.window_s, dropped),
        client_of(
            table,
            pulse,
            window,
            connections=[user.connection.opened for user in ready],
            unread=unread,
            memory_mib=memory_mib,
        ),
        table,
    )


def _users(task: Task, meter: Meter, samples: Samples) -> Iterator[User]:
    setting = Setting(
        task.base_url, task.seed, task.timeout_s, task.material, task.answers, task.tokens
    )
    for index, session in enumerate(sessions(task.scenario, setting)):
        yield User(index, Connection(meter=meter), session, samples)


def _window(task: Task) -> Window:
    opens_ns = perf_counter_ns() + int(task.warmup_s * 1e9)
    closes_ns = opens_ns + int(task.window_s * 1e9)
    return Window(opens_ns, closes_ns, closes_ns + int((task.timeout_s + 1) * 1e9))


async def _load(task: Task, ready: list[User], users: Iterator[User], window: Window) -> int:
    """Offer the load; returns how many arrivals of the window were dropped."""
    if task.load.kind == "closed":
        await closed_loop(ready, window, task.think_time_s)
        return 0
    assert task.load.rate_per_s is not None
    starts_ns = window.opens_ns - int(task.warmup_s * 1e9)
    offsets = poisson_arrivals(task.load.rate_per_s, window.load_ends_ns - starts_ns, task.seed)
    loop = OpenLoop(ready, lambda: next(users), task.max_connections, window)
    await loop.run([starts_ns + offset for offset in offsets])
    return loop.dropped
