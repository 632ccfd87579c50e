"""Disturb the client on purpose: the gates must report it every time."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np

from webtrial.load.driver import DriverHandle
from webtrial.load.task import Task
from webtrial.run.records import Load
from webtrial.selftest.check.behaviours import Delaying
from webtrial.selftest.check.observation import Observed, observe, task_of
from webtrial.selftest.check.rows import Row, equal
from webtrial.selftest.check.server import RunningServer
from webtrial.selftest.check.signals import Stop
from webtrial.system.environment import base_environment

TIMES = 3
RATE_PER_S = 200.0
WINDOW_S = 3.0
STOP_AFTER_S = 1.0
STOP_S = 1.0
_BEHAVIOUR = partial(Delaying, np.array([1_000_000]))
_BUSY = "import time; ends = time.monotonic() + {}\nwhile time.monotonic() < ends: pass"


def check() -> tuple[list[Row], str]:
    """Return rows for both disturbances.

    No disturbance is reported to the caller: here the machine is meant to be disturbed.
    """
    stopped = [_stopped(number) for number in range(TIMES)]
    crowded = [_crowded(number) for number in range(TIMES)]
    return [
        _caught("client stopped for 1 s: detected by the stall gate", stopped, "stall"),
        _caught(
            "busy loop on the client's core: detected by the foreign CPU gate",
            crowded,
            "foreign_cpu",
        ),
    ], ""


def _caught(experiment: str, observed: list[Observed], gate: str) -> Row:
    failed = [{reason.gate for reason in each.validity.reasons} for each in observed]
    note = "; ".join(", ".join(sorted(gates)) or "no gate" for gates in failed)
    return equal(experiment, len(observed), sum(gate in gates for gates in failed), note)


def _stopped(seed: int) -> Observed:
    return observe(_BEHAVIOUR, _task(seed), _stop)


def _task(seed: int) -> Task:
    return task_of(Load("open", rate_per_s=RATE_PER_S), seed, WINDOW_S)


def _stop(_: RunningServer, driver: DriverHandle) -> None:
    Stop(STOP_AFTER_S, STOP_S).soon(driver.pid, driver.window_opens_ns)


def _crowded(seed: int) -> Observed:
    task = _task(seed)
    with _busy(task.core):
        return observe(_BEHAVIOUR, task)


@contextmanager
def _busy(core: int | None) -> Iterator[None]:
    """Run a busy loop on `core` for a limited time."""
    command = [sys.executable, "-c", _BUSY.format(4 * WINDOW_S)]
    process = subprocess.Popen(command, env=base_environment())
    os.sched_setaffinity(process.pid, {core or 0})
    try:
        yield
    finally:
        process.kill()
        process.wait()
