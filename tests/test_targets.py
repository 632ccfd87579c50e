"""Services that run already: measured without being launched, by several drivers; end to end."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq
import pytest

from tests.load.test_driver import KNOWN, closed
from tests.load.truth import Truth, truth
from webtrial.errors import LaunchError
from webtrial.load.driver_pool import DriverPool, driver_pool
from webtrial.load.requests import SeededData
from webtrial.load.task import Task
from webtrial.measure.attempt import attempt_trial
from webtrial.measure.context import RunContext, ServiceUnderTest
from webtrial.measure.launch import build_template, describe_data
from webtrial.measure.machine import CoreSplit
from webtrial.measure.postgres import Server
from webtrial.measure.runner import measure
from webtrial.measure.targets import Target, account_password, targets_of
from webtrial.run.parameters import Parameters, read_parameters
from webtrial.run.records import PlannedTrial
from webtrial.run.stacks import load_stacks
from webtrial.run.store import Run, open_run

SHORT = {"warmup_s": 0.2, "duration_s": 0.6, "timeout_s": 60.0}


def pings(**changes: Any) -> Parameters:
    plain = {
        "stacks": ["flask", "fastapi"],
        "scenarios": ["ping"],
        "closed_users": [5],
        "common_fractions": [],
        "blocks": 1,
        "repeats": 0,
    }
    return read_parameters(plain | SHORT | changes)


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Truth]]:
    with truth(delay_s=0.005) as flask, truth(delay_s=0.005) as fastapi:
        yield {"flask": flask, "fastapi": fastapi}


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shards")


@pytest.fixture(scope="module")
def run(servers: dict[str, Truth], shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    parameters = pings(
        targets={name: server.url for name, server in servers.items()},
        open_rates_per_s=[200.0],
        workers=2,
        results_url=str(shards),
    )
    return open_run(measure(parameters, lambda _: None, tmp_path_factory.mktemp("runs")))


def test_a_run_of_targets_counts_what_their_servers_counted(
    run: Run, servers: dict[str, Truth]
) -> None:
    assert run.manifest.state == "finished"
    for name, server in servers.items():
        asked = [run.samples(each) for each in run.trials if each.planned.stack == name]
        compared = 1  # once for the block, before it is measured
        assert sum(map(len, asked)) + compared == sum(server.counts.values()) > compared
        assert len(asked) == 2


def test_what_cannot_be_observed_of_a_target_is_unknown(run: Run) -> None:
    for trial in run.trials:
        cost = trial.cost
        assert cost.service_cpu_s is cost.database_cpu_s is cost.upstreams_cpu_s is None
        assert cost.service_memory_mib is cost.statements is None
        assert trial.upstreams == ()


def test_a_trial_says_how_its_load_was_shared(run: Run) -> None:
    assert len(run.trials) == 4
    for trial in run.trials:
        assert [worker.index for worker in trial.workers] == [0, 1]
        assert sum(worker.counts.sent for worker in trial.workers) == trial.counts.sent
        users = [3, 2] if trial.planned.load.kind == "closed" else [None, None]
        assert [worker.users for worker in trial.workers] == users
    assert run.manifest.budgets["load_drivers"] == 2
    assert run.manifest.budgets["not_launched_by_us"] == ["fastapi", "flask"]


def test_shards_stay_where_they_were_written_and_the_run_has_them_too(
    run: Run, shards: Path
) -> None:
    for trial in run.trials:
        rows = sum(
            pq.read_metadata(shards / run.manifest.id / str(worker.shard)).num_rows
            for worker in trial.workers
        )
        assert rows == len(run.samples(trial)) > 0


def test_a_run_does_not_say_where_its_targets_are(
    run: Run, servers: dict[str, Truth], shards: Path
) -> None:
    written = "".join(path.read_text() for path in run.path.rglob("*.json"))
    for place in (*(f":{server.port}" for server in servers.values()), str(shards)):
        assert place not in written


# --- a worker that fails


def a_rig(drive: Any) -> RunContext:
    return RunContext(
        parameters=pings(),
        split=CoreSplit(None, (0,)),
        seeded_data=SeededData(10, {}, (), ""),
        upstreams=None,
        counter=None,
        database_pid=None,
        ours=(os.getpid(),),
        cores=(0,),
        drive=drive,
    )


def harming(number: signal.Signals) -> Callable[[Task], Any]:
    """Two drivers, the second of which is sent a signal when the window opens."""

    @contextmanager
    def drive(task: Task) -> Iterator[DriverPool]:
        with driver_pool(task, 2) as it:
            assert it.window_opens_ns
            os.kill(it._drivers[1].pid, number)
            yield it
        assert not any(psutil.pid_exists(driver.pid) for driver in it._drivers)

    return drive


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (signal.SIGKILL, "died"),
        pytest.param(signal.SIGSTOP, "hung: no message", marks=pytest.mark.full),
    ],
)
def test_a_worker_that_dies_or_hangs_costs_one_trial(number: signal.Signals, said: str) -> None:
    flask = load_stacks()["flask"]
    with truth() as server:
        under_test = ServiceUnderTest(Target(flask, server.url), None, KNOWN, {}, None)
        planned = PlannedTrial(3, 1, 1, "flask", "ping", closed(4), 7)
        harmed, _ = attempt_trial(planned, 1, under_test, a_rig(harming(number)))
        after, samples = attempt_trial(
            planned, 2, under_test, a_rig(lambda task: driver_pool(task, 2))
        )
    (reason,) = harmed.validity.reasons
    assert (harmed.validity.verdict, reason.gate) == ("invalid", "driver")
    assert reason.text.startswith(f"worker 2 of 2: the load driver {said}")
    assert "driver" not in [each.gate for each in after.validity.reasons]
    assert after.counts.succeeded == after.counts.sent > 0
    assert samples.num_rows >= after.counts.sent


# --- what has to be known beforehand


def test_the_dashboard_of_targets_needs_the_password_of_their_accounts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ACCOUNT_PASSWORD", raising=False)
    there = {"stacks": ["flask"], "targets": {"flask": "http://somewhere:8000"}}
    dashboards = pings(**there, scenarios=["dashboard"])
    with pytest.raises(LaunchError, match="ACCOUNT_PASSWORD"):
        account_password(dashboards)
    assert account_password(pings(**there)) != account_password(pings(**there))
    monkeypatch.setenv("ACCOUNT_PASSWORD", "as given to build.py")
    assert account_password(dashboards) == "as given to build.py"


def test_a_stack_is_launched_unless_it_is_a_target() -> None:
    parameters = pings(targets={"fastapi": "http://somewhere:8000"})
    stacks = load_stacks()
    found = targets_of(parameters, [stacks["flask"], stacks["fastapi"]])
    assert {name: target.url for name, target in found.items()} == {
        "fastapi": "http://somewhere:8000"
    }


def test_a_database_is_described_as_it_would_be_filled(postgres: Server, scratch: Path) -> None:
    log = scratch / "log"
    built = build_template(postgres, "described", [], 5, "a password", log)
    described = describe_data(5, log)
    for name in ("seed", "sha256", "rows", "accounts"):
        assert described[name] == built[name]
    for kind, words in built["search_words"].items():
        assert set(described["search_words"][kind]) == set(words)
