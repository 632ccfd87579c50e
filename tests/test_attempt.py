"""One attempt: what a driver tells and what a driver that fails leaves, with a stand-in for it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from tests.trial_builder import CLIENT, CLOSED, COUNTS, some_samples
from webtrial.errors import DriverError
from webtrial.load.requests import SeededData
from webtrial.load.task import Outcome, Task
from webtrial.measure import attempt, processes
from webtrial.measure.attempt import attempt_trial
from webtrial.measure.context import RunContext, ServiceUnderTest
from webtrial.measure.launch import Service, Upstreams
from webtrial.measure.machine import CoreSplit
from webtrial.measure.pools import PoolCounts
from webtrial.measure.targets import Target
from webtrial.run.parameters import read_parameters
from webtrial.run.records import ConnectionStates, PlannedTrial
from webtrial.run.sample_rows import SAMPLES
from webtrial.run.stacks import load_stacks

PLANNED = PlannedTrial(3, 1, 1, "flask", "user_detail", CLOSED, 7)


class CountsNothing:
    """A server without pg_stat_statements, which works for nobody else."""

    def execute(self, query: str, *_: Any) -> list[Any]:
        if "pg_stat_statements" in query:
            raise psycopg.errors.UndefinedTable
        return []


@dataclass
class Driver:
    """Opens its window at once; gives `found`, or raises it."""

    found: Outcome | DriverError
    tasks: list[Task]
    pids: tuple[int, ...] = ()

    @property
    def window_opens_ns(self) -> int:
        return processes.time.perf_counter_ns()

    def check(self) -> None:
        pass

    def outcome(self) -> Outcome:
        if isinstance(self.found, DriverError):
            raise self.found
        return self.found

    @contextmanager
    def __call__(self, task: Task) -> Iterator["Driver"]:
        self.tasks.append(task)
        yield self


class DiesAtOnce:
    """Never comes to its window."""

    pids = ()

    def check(self) -> None:
        raise AssertionError

    @contextmanager
    def __call__(self, task: Task) -> Iterator["DiesAtOnce"]:
        yield self

    @property
    def window_opens_ns(self) -> int:
        raise DriverError("the load driver failed: could not sign in")

    def outcome(self) -> Outcome:
        raise AssertionError


class SleptTime:
    """A clock that goes on while somebody sleeps, and stands still while anything is done."""

    def __init__(self) -> None:
        self._now_ns = 10**12

    def __getattr__(self, name: str) -> object:
        return getattr(time, name)  # clocks that tell whether the machine was suspended

    def perf_counter_ns(self) -> int:
        return self._now_ns

    def sleep(self, seconds: float) -> None:
        self._now_ns += round(seconds * 1e9)


@pytest.fixture(autouse=True)
def _readings_are_on_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "time", SleptTime())


def a_rig(drive: Any) -> RunContext:
    parameters = read_parameters({"duration_s": 0.5, "warmup_s": 0.25, "timeout_s": 2.0})
    return RunContext(
        parameters=parameters,
        split=CoreSplit(1, (0,)),
        seeded_data=SeededData(10, {}, (), ""),
        upstreams=Upstreams("http://127.0.0.1:1", "http://127.0.0.1:2", ()),
        counter=CountsNothing(),  # type: ignore[arg-type]
        database_pid=None,
        ours=(os.getpid(),),
        cores=(0, 1),
        drive=drive,
    )


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


@pytest.fixture
def under_test(process: subprocess.Popen[bytes], tmp_path: Path) -> ServiceUnderTest:
    log = tmp_path / "flask.log"
    log.write_text("out of memory\n")
    service = Service(load_stacks()["flask"], "http://127.0.0.1:8001", process.pid)
    return ServiceUnderTest(service, "postgresql://someone@127.0.0.1/flask", {}, {}, log)


def outcome(samples: pa.Table, **client: Any) -> Outcome:
    return Outcome(COUNTS, replace(CLIENT, **client), samples)


def test_a_trial_holds_what_the_driver_told_and_what_was_observed(
    under_test: ServiceUnderTest,
) -> None:
    driver = Driver(outcome(some_samples(5)), [])
    trial, samples = attempt_trial(PLANNED, 2, under_test, a_rig(driver))
    assert (trial.planned, trial.attempt, trial.samples) == (PLANNED, 2, "samples/0003-2.parquet")
    assert (trial.counts, trial.client) == (COUNTS, CLIENT)
    assert (trial.warmup_s, trial.window_s) == (0.25, 0.5)
    assert samples.num_rows == 5
    assert trial.cost.service_cpu_s is not None
    assert trial.cost.database_cpu_s is None
    assert trial.cost.statements is None
    assert len(trial.resource_samples) == 1
    assert trial.upstreams == ()
    assert trial.service_ended is None


def test_memory_is_kept_as_it_was_before_and_what_became_of_connections(
    under_test: ServiceUnderTest,
) -> None:
    held = ConnectionStates(10, 1, 2, 0, 8, 5, 4)
    told = replace(outcome(some_samples()), connection_states=held)
    trial, _ = attempt_trial(PLANNED, 1, under_test, a_rig(Driver(told, [])))
    assert trial.connection_states == held
    assert trial.cost.service_memory_before_mib == pytest.approx(trial.cost.service_memory_mib)
    elsewhere = replace(under_test, service=Target(under_test.service.stack, "http://127.0.0.1:1"))
    trial, _ = attempt_trial(PLANNED, 1, elsewhere, a_rig(Driver(outcome(some_samples()), [])))
    assert (trial.connection_states, trial.cost.service_memory_before_mib) == (None, None)


def counting_pools(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every pool takes 10 connections between two readings; which services were read."""
    asked: list[str] = []

    def count(url: str) -> PoolCounts:
        asked.append(url)
        return PoolCounts(10 * len(asked), 2.5 * len(asked))

    monkeypatch.setattr(attempt, "pool_counts", count)
    return asked


def test_the_pool_is_read_before_and_after(
    under_test: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = counting_pools(monkeypatch)
    trial, _ = attempt_trial(PLANNED, 1, under_test, a_rig(Driver(outcome(some_samples()), [])))
    assert asked == [under_test.service.url] * 2
    assert (trial.cost.pool_checkouts, trial.cost.pool_wait_ms) == (10, 2.5)


def test_of_several_processes_no_pool_is_read(
    under_test: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = counting_pools(monkeypatch)
    context = a_rig(Driver(outcome(some_samples()), []))
    two = context.parameters.model_copy(update={"server_processes": 2})
    trial, _ = attempt_trial(PLANNED, 1, under_test, replace(context, parameters=two))
    assert asked == []
    assert (trial.cost.pool_checkouts, trial.cost.pool_wait_ms) == (None, None)


def test_the_driver_is_told_its_task(under_test: ServiceUnderTest) -> None:
    driver = Driver(outcome(some_samples()), [])
    attempt_trial(PLANNED, 1, under_test, a_rig(driver))
    (task,) = driver.tasks
    assert (task.base_url, task.scenario, task.load, task.seed) == (
        "http://127.0.0.1:8001",
        "user_detail",
        CLOSED,
        7,
    )
    assert (task.warmup_s, task.window_s, task.timeout_s, task.core) == (0.25, 0.5, 2.0, 1)


@pytest.mark.parametrize(
    "drive",
    [Driver(DriverError("the load driver died (exit code -9)"), []), DiesAtOnce()],
)
def test_a_driver_that_fails_makes_the_trial_invalid_and_says_why(
    under_test: ServiceUnderTest, drive: AbstractContextManager[Any]
) -> None:
    trial, samples = attempt_trial(PLANNED, 1, under_test, a_rig(drive))
    (reason,) = trial.validity.reasons
    assert trial.validity.verdict == "invalid"
    assert (reason.gate, reason.kind) == ("driver", "instrument")
    assert "the load driver" in reason.text
    assert isnan(trial.client.cpu_fraction)
    assert trial.counts.scheduled == 0
    assert samples.schema == SAMPLES
    assert samples.num_rows == 0


def with_outcomes(*outcomes: str) -> pa.Table:
    table = some_samples(len(outcomes)).drop_columns(["outcome"])
    return table.append_column("outcome", pa.array(outcomes)).cast(SAMPLES)


def gates(trial: Any) -> list[str]:
    return [reason.gate for reason in trial.validity.reasons if reason.kind == "instrument"]


def test_connecting_again_after_a_failed_request_is_the_services_doing(
    under_test: ServiceUnderTest,
) -> None:
    samples = with_outcomes("ok", "timeout", "reset", "refused", "status")
    driver = Driver(outcome(samples, connections_reopened=2), [])
    assert gates(attempt_trial(PLANNED, 1, under_test, a_rig(driver))[0]) == []


def test_connecting_again_without_a_failed_request_is_not(under_test: ServiceUnderTest) -> None:
    samples = with_outcomes("ok", "timeout", "reset", "refused", "status")
    driver = Driver(outcome(samples, connections_reopened=3), [])
    assert gates(attempt_trial(PLANNED, 1, under_test, a_rig(driver))[0]) == ["reopened"]


def test_a_service_that_ended_is_an_outcome_kept_with_its_last_words(
    under_test: ServiceUnderTest, process: subprocess.Popen[bytes]
) -> None:
    process.kill()  # and is not waited for: a zombie, as a child of ours would be
    trial, samples = attempt_trial(
        PLANNED, 1, under_test, a_rig(Driver(outcome(some_samples()), []))
    )
    assert trial.service_ended == "  out of memory"
    assert gates(trial) == []
    assert samples.num_rows > 0
