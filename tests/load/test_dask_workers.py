"""A load shared over a real Dask cluster of two worker processes on this machine."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask.config
import distributed
import pyarrow.parquet as pq
import pytest

from tests.counted import injected
from tests.load.test_crew import arrivals_of
from tests.load.test_driver import KNOWN, closed, driven, opened, task
from tests.load.truth import truth
from tests.test_targets import a_rig, pings
from tests.waiting import LIMIT_S, wait_until
from webtrial.errors import DriverError, LaunchError
from webtrial.load import dask_workers
from webtrial.load.dask_workers import Cluster, connected
from webtrial.load.driver import running_driver
from webtrial.measure.attempt import attempt_trial
from webtrial.measure.context import ServiceUnderTest
from webtrial.measure.runner import measure
from webtrial.measure.targets import Target
from webtrial.run.records import Load, PlannedTrial
from webtrial.run.stacks import load_stacks
from webtrial.run.store import open_run

pytestmark = pytest.mark.full

HUNG_S = 10.0


@pytest.fixture(autouse=True)
def _workers_may_be_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """None is given up for that; a test of one that hangs sets its own limit."""
    limits = (
        "CONNECT_S",
        "REPLY_LIMIT_S",
        "FIRST_REPLY_LIMIT_S",
        "SETTING_UP_LIMIT_S",
        "SILENCE_LIMIT_S",
    )
    for limit in (*limits, "ENDING_LIMIT_S", "RESTART_S"):
        monkeypatch.setattr(dask_workers, limit, LIMIT_S)


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    # A worker that was killed may take long to come back.
    patience = {"distributed.deploy.lost-worker-timeout": f"{LIMIT_S} s"}
    with (
        dask.config.set(patience),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
        ) as local,
    ):
        yield local.scheduler_address


@pytest.fixture
def cluster(scheduler: str, _workers_may_be_slow: None) -> Iterator[Cluster]:
    with connected(scheduler, services_are_here=True) as cluster:
        # One that an earlier test harmed is there again after a while.
        wait_until(lambda: len(cluster._usable_workers()) == 2, "second worker that is fit")
        yield cluster


@pytest.mark.parametrize("load", [closed(5), opened(300.0)])
def test_two_workers_count_together_what_the_server_counted(cluster: Cluster, load: Load) -> None:
    script = ("ok", "status", "ok")
    server, outcome = driven(load, *script, drive=cluster.drive, max_connections=1000)
    seen = outcome.samples.to_pandas()["outcome"].value_counts()
    assert {kind: n for kind, n in seen.items() if n} == dict(server.counts)
    assert outcome.samples.num_rows == sum(server.counts.values()) > 0
    assert outcome.client.connections == server.connections
    assert len(outcome.workers) == 2
    assert min(worker.client.connections for worker in outcome.workers) > 0


def test_the_arrivals_are_those_of_a_driver_alone(cluster: Cluster) -> None:
    drawn = [
        arrivals_of(driven(opened(400.0), drive=drive, max_connections=1000)[1])
        for drive in (running_driver, cluster.drive)
    ]
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) > 200


def test_workers_here_share_our_clock_and_others_are_asked(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [(fit.clock.offset_ns, fit.clock.error_ns) for fit in cluster._usable_workers()] == [
        (0, 0),
        (0, 0),
    ]
    monkeypatch.setattr(dask_workers, "machine_id", lambda: "another")
    for fit in cluster._usable_workers():
        assert abs(fit.clock.offset_ns) <= fit.clock.error_ns  # it is the same clock, after all
        assert fit.clock.error_ns > 0
        assert fit.pid is None
    with truth() as server, cluster.drive(task(server.url, closed(2))) as it:
        outcome = it.outcome()
    assert all(worker.clock_error_ms > 0 for worker in outcome.workers)
    with pytest.raises(LaunchError, match="set targets"):
        cluster.require_usable(services_are_here=True)
    cluster.require_usable(services_are_here=False)


def test_workers_write_their_own_shards(cluster: Cluster, tmp_path: Path) -> None:
    shard = f"{tmp_path}/0001-1"
    with truth() as server, cluster.drive(task(server.url, closed(4), shard=shard)) as it:
        outcome = it.outcome()
    rows = [pq.read_metadata(tmp_path / str(each.shard)).num_rows for each in outcome.workers]
    assert sum(rows) == outcome.samples.num_rows == sum(server.counts.values())
    assert min(rows) > 0


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (signal.SIGKILL, "died"),
        (signal.SIGSTOP, "hung"),
    ],
)
def test_a_worker_that_dies_or_hangs_costs_one_trial(
    cluster: Cluster, number: signal.Signals, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And ends it at once: who waits for the window's end is never heard of again."""
    monkeypatch.setattr(dask_workers, "SILENCE_LIMIT_S", HUNG_S)
    planned = PlannedTrial(3, 1, 1, "flask", "ping", closed(4), 7)
    with truth() as server:
        under_test = ServiceUnderTest(
            Target(load_stacks()["flask"], server.url), None, KNOWN, {}, None
        )
        with (
            pytest.raises(DriverError, match=f"worker 2 of 2: the load driver {said}"),
            cluster.drive(task(server.url, closed(4), window_s=1e6)) as it,
        ):
            assert it.window_opens_ns
            wait_until(lambda: sum(server.counts.values()), "first request")
            os.kill(it.pids[1], number)
            while True:
                it.check()
                time.sleep(0.1)
        # The other worker stops, and one that was stopped is ended.
        wait_until(lambda: server.there == 0, "end of every connection")
        before = sum(server.counts.values())
        after, samples = attempt_trial(planned, 1, under_test, a_rig(cluster.drive))
    assert "driver" not in [each.gate for each in after.validity.reasons]
    assert after.counts.succeeded == after.counts.sent > 0
    assert samples.num_rows == sum(server.counts.values()) - before


def test_a_failing_driver_says_why(cluster: Cluster) -> None:
    with truth() as server:
        broken = task(server.url, opened(100.0), expected_bodies={"/ping": "no Known"})
        with (
            cluster.drive(broken) as it,
            pytest.raises(DriverError, match=r"worker [12] of 2: .*has no attribute 'length'"),
        ):
            it.outcome()


def test_a_run_over_a_cluster_counts_what_the_server_counted(
    scheduler: str, tmp_path: Path
) -> None:
    with truth(delay_s=0.005) as server:
        targets = {"flask": server.url}
        parameters = pings(stacks=["flask"], targets=targets, scheduler=scheduler)
        run = open_run(measure(parameters, lambda _: None, tmp_path))
    (trial,) = run.trials
    assert len(trial.workers) == 2
    assert len(run.samples(trial)) + 1 == sum(server.counts.values())
    assert trial.counts.succeeded == trial.counts.sent > 0
    assert run.manifest.budgets["load_drivers"] == "workers of a cluster"


def test_a_worker_that_is_killed_during_a_run_costs_the_run_one_trial(
    scheduler: str, cluster: Cluster, tmp_path: Path
) -> None:
    """The second of three; the cluster's nanny starts another worker."""
    begun, asked_before = 0, 0

    def kill_one_in_the_second(event: dict[str, Any]) -> None:
        nonlocal begun, asked_before
        begun += event["event"] == "trial"
        if event["event"] == "trial" and begun == 2:
            asked_before = sum(server.counts.values())
            killing.start()

    def kill_one() -> None:
        wait_until(lambda: sum(server.counts.values()) > asked_before, "request of this trial")
        with distributed.Client(scheduler) as client:
            pids = list(client.run(os.getpid).values())
        os.kill(pids[0], signal.SIGKILL)

    killing = threading.Thread(target=kill_one)
    with truth(delay_s=0.005) as server:
        targets = {"flask": server.url}
        parameters = pings(
            stacks=["flask"], targets=targets, scheduler=scheduler, blocks=3, duration_s=6.0
        )
        run = open_run(measure(parameters, kill_one_in_the_second, tmp_path))
    killing.join()
    assert (run.manifest.state, run.damage) == ("finished", {})
    gates = [[reason.gate for reason in trial.validity.reasons] for trial in run.trials]
    assert ["driver" in each for each in gates] == [False, True, False]
    assert run.trials[1].validity.verdict == "invalid"
    injected("kill -9 of a Dask worker")


def test_without_a_scheduler_it_says_what_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_workers, "CONNECT_S", 0.5)
    with (
        pytest.raises(LaunchError, match="start one with `dask scheduler`"),
        connected("tcp://127.0.0.1:9", services_are_here=True),
    ):
        pass


def test_without_a_worker_it_says_what_to_start() -> None:
    with (
        distributed.LocalCluster(
            n_workers=0, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0"
        ) as empty,
        pytest.raises(LaunchError, match="start some with `dask worker`"),
        connected(empty.scheduler_address, services_are_here=True),
    ):
        pass


def test_dask_is_imported_only_where_a_scheduler_is_given() -> None:
    imports = "import sys, webtrial.measure.experiment; print('distributed' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", imports], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "False", done.stderr
