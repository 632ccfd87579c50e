"""A trial against a reference server, and whether the machine was undisturbed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd

from webtrial.load.driver import DriverHandle, running_driver
from webtrial.load.requests import ExpectedBody, SeededData
from webtrial.load.scenarios import NUMBERED
from webtrial.load.task import Outcome, Task
from webtrial.measure.attempt import machine_of
from webtrial.measure.machine import core_split, speed_per_s
from webtrial.measure.processes import machine_time, sleep_until
from webtrial.measure.validity import judge
from webtrial.run.records import Load, Machine, Validity
from webtrial.selftest.check.server import BODY, RunningServer, running_server

STOLEN_MAX = 0.005
FOREIGN_MAX = 0.02
"""Limits as fractions of the cores in use. A p99 is about one request in a hundred. If the core is
taken away for half of that, the effect cannot be told from the instrument's own error. The limits
require an idle machine and are tighter than the gates; what they leave to other processes is less
than our own readings cost."""


@dataclass(frozen=True, slots=True)
class Observed:
    """One trial: the driver's report, the server's log, and the state of the machine."""

    task: Task
    outcome: Outcome
    log: pd.DataFrame
    machine: Machine
    opened_ns: int

    @property
    def validity(self) -> Validity:
        """Return the verdict of the gates, as for any trial."""
        return judge(self.task.load, self.outcome.counts, self.outcome.client, self.machine)

    @property
    def disturbance(self) -> str:
        """Return the machine disturbance that forbids a judgement; empty if there was none."""
        if self.machine.stolen_fraction > STOLEN_MAX:
            return f"{self.machine.stolen_fraction:.1%} of the time was stolen by the host"
        if self.machine.foreign_cpu_fraction > FOREIGN_MAX:
            return f"other processes used {self.machine.foreign_cpu_fraction:.1%} of the machine"
        return "; ".join(each.text for each in self.validity.reasons if each.kind == "machine")

    @property
    def measured(self) -> pd.DataFrame:
        """Return the samples of the window, with `latency_ms` from the intended start."""
        samples: pd.DataFrame = self.outcome.samples.to_pandas()
        samples = samples[samples["phase"] == "measured"]
        latency_ms = (samples["done_ns"] - samples["intended_ns"]) / 1e6
        return samples.assign(latency_ms=latency_ms)


def task_of(load: Load, seed: int, window_s: float, **changes: object) -> Task:
    """Return a task against a reference server; `changes` override its fields."""
    fields = {
        "base_url": "",
        "scenario": NUMBERED,
        "load": load,
        "seed": seed,
        "warmup_s": 0.5,
        "window_s": window_s,
        "timeout_s": 10.0,
        "think_time_s": 0.0,
        "max_connections": 2000,
        "core": core_split().driver_core,
        "seeded_data": SeededData(0, {}, (), ""),
        "expected_bodies": {"/": ExpectedBody(len(BODY), crc32(BODY))},
        "tokens": {},
    }
    return Task(**(fields | changes))  # type: ignore[arg-type]


def observe(
    make: "partial[Any]",
    task: Task,
    meanwhile: Callable[[RunningServer, DriverHandle], None] = lambda server, driver: None,
) -> Observed:
    """Drive `task` against a server with the behaviour that `make` creates.

    `meanwhile` is called when the opening time of the window is known.
    """
    split = core_split()
    before_per_s = speed_per_s()
    with running_server(make, split.service_cores[0]) as server:
        task = replace(task, base_url=server.url)
        with running_driver(task) as driver:
            ours = (server.pid, driver.pid)
            cores = tuple(sorted({*split.service_cores, split.driver_core or 0}))
            meanwhile(server, driver)
            # No readings within the window: they would disturb what is judged.
            sleep_until(driver.window_opens_ns - 100_000_000)
            ends = [machine_time(ours, cores)]
            sleep_until(driver.window_opens_ns + int(task.window_s * 1e9))
            ends.append(machine_time(ours, cores))
            outcome = driver.outcome()
        log = server.log()
    machine = machine_of(before_per_s, ends, len(cores))
    return Observed(task, outcome, log, machine, driver.window_opens_ns)


def matched(observed: Observed) -> pd.DataFrame:
    """Return every request of the window as seen by both driver and server.

    It has the columns of `measured` and of the server's log, joined on the user and on the number
    of the request among those of that user.
    """
    samples = observed.outcome.samples.to_pandas().sort_values(["connection", "sent_ns"])
    samples["nth"] = samples.groupby("connection").cumcount()
    log = observed.log.sort_values(["user", "received_ns"])
    log["nth"] = log.groupby("user").cumcount()
    both: pd.DataFrame = samples.merge(
        log,
        left_on=["connection", "nth"],
        right_on=["user", "nth"],
        suffixes=("", "_server"),
        validate="one_to_one",
    )
    assert len(both) == len(samples) == len(log), "a request is missing in one of the two"
    both = both[both["phase"] == "measured"]
    latency_ms = (both["done_ns"] - both["intended_ns"]) / 1e6
    service_ms = (both["sent_ns_server"] - both["received_ns"]) / 1e6
    return both.assign(latency_ms=latency_ms, service_ms=service_ms)


def percentile(values: "pd.Series[float] | np.ndarray", p: float) -> float:
    """Return the p-th percentile."""
    return float(np.percentile(values, p))
