"""A CPU quota: found, recorded, shown, and a trial that it stopped is measured again."""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.environment import trees
from tests.synthetic_run import CLOSED, synthetic_run
from tests.trial_builder import CLIENT, COUNTS, MACHINE
from webtrial.measure import machine, processes
from webtrial.measure.attempt import machine_of
from webtrial.measure.processes import MachineTime
from webtrial.measure.validity import disturbed, judge
from webtrial.publish.front import front_of
from webtrial.run.bounds import SUSPENDED_MAX_S
from webtrial.run.records import Machine, Validity
from webtrial.run.store import SAMPLE, Run, open_run
from webtrial.system.cpu_quota import CpuQuota, cpu_quota, throttled_periods

TREES = [
    (trees.V1, CpuQuota(60.0, 100.0), 12),
    (trees.V1_CONTAINER, CpuQuota(150.0, 100.0), 3),
    (trees.V2, CpuQuota(60.0, 100.0), 7),
    (trees.V2_NESTED, CpuQuota(50.0, 50.0), 7),
    (trees.V2_OUTSIDE, CpuQuota(60.0, 100.0), 7),
    (trees.V1_NONE, None, None),
    (trees.V2_NONE, None, None),
    ({}, None, None),
]


@pytest.mark.parametrize(("tree", "quota", "throttled"), TREES)
def test_the_tightest_quota_counts_and_each_may_stop_us(
    tmp_path: Path, tree: Mapping[str, str], quota: CpuQuota | None, throttled: int | None
) -> None:
    root = trees.written(tree, tmp_path)
    assert cpu_quota(root) == quota
    assert throttled_periods(root) == throttled


def test_the_manifest_tells_of_the_quota_and_of_the_cores_that_it_amounts_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "cpu_quota", lambda: CpuQuota(60.0, 100.0))
    told = machine.describe()
    assert (told["cpu_quota"], told["cpu_quota_cores"]) == ("60 ms in 100 ms", 0.6)
    monkeypatch.setattr(machine, "cpu_quota", lambda: None)
    told = machine.describe()
    assert (told["cpu_quota"], told["cpu_quota_cores"]) == (None, None)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of which only the front page is of interest."""
    return synthetic_run(tmp_path_factory.mktemp("runs"), loads=(CLOSED,), window_s=0.2)


@pytest.mark.parametrize(
    ("told", "facts"),
    [
        (
            {"cpu_quota": "60 ms in 100 ms", "cpu_quota_cores": 0.6},
            ["under a CPU quota of 0.6 cores (60 ms in 100 ms)"],
        ),
        ({"cpu_quota": None, "cpu_quota_cores": None}, []),
        ({}, []),
    ],
)
def test_the_front_page_shows_a_quota_where_there_was_one(
    run: Run, told: dict[str, object], facts: list[str]
) -> None:
    manifest = run.manifest.model_copy(update={"machine": run.manifest.machine | told})
    front = front_of(Run(run.path, manifest))
    assert [fact for fact in front.facts if "quota" in fact] == facts


# --- gates


def between(**changes: float) -> Machine:
    """What the machine did between two readings, the second of which differs by `changes`."""
    first = MachineTime(10_000_000_000, 1.0, 0.0, 1.0, throttled=40, suspended_s=3.0)
    return machine_of(600.0, [first, replace(first, at_ns=12_000_000_000, **changes)], cores=2)


def verdict(machine: Machine) -> Validity:
    quiet = {"throttled_periods": machine.throttled_periods, "suspended_s": machine.suspended_s}
    return judge(CLOSED, COUNTS, CLIENT, replace(MACHINE, **quiet))


@pytest.mark.parametrize(("throttled", "stopped"), [(40, 0), (41, 1), (52, 12)])
def test_a_trial_that_the_quota_stopped_is_suspect_and_measured_again(
    throttled: int, stopped: int
) -> None:
    found = verdict(between(throttled=throttled))
    assert between(throttled=throttled).throttled_periods == stopped
    assert [(each.gate, each.kind, each.verdict) for each in found.reasons] == (
        [("throttled", "machine", "suspect")] if stopped else []
    )
    assert disturbed(found) is bool(stopped)


def test_the_reason_says_in_how_many_periods() -> None:
    (reason,) = verdict(between(throttled=52)).reasons
    assert reason.text == ("the CPU quota throttled all processes in 12 periods, more than 0")


@pytest.mark.parametrize(
    ("suspended_s", "struck"), [(3.0, False), (3.0 + SUSPENDED_MAX_S, False), (63.5, True)]
)
def test_a_trial_during_which_the_machine_was_suspended_is_invalid_and_measured_again(
    suspended_s: float, struck: bool
) -> None:
    found = verdict(between(suspended_s=suspended_s))
    assert found.verdict == ("invalid" if struck else "valid")
    assert [each.gate for each in found.reasons] == ["suspended"] * struck
    assert disturbed(found) is struck


def test_suspension_is_what_one_clock_is_ahead_of_the_other() -> None:
    clocks = {time.CLOCK_BOOTTIME: 90_000_000_000, time.CLOCK_MONOTONIC: 60_000_000_000}
    assert processes.suspended_s(clocks.__getitem__) == 30.0


def test_an_interruption_between_the_clocks_is_no_suspension() -> None:
    boot_ns = 90_000_000_000
    late_ns = iter([60_400_000_000, 60_000_000_000, *[60_900_000_000] * 9])
    read = {time.CLOCK_BOOTTIME: lambda: boot_ns, time.CLOCK_MONOTONIC: lambda: next(late_ns)}
    assert processes.suspended_s(lambda clock: read[clock]()) == 30.0


def test_without_a_quota_nothing_is_counted() -> None:
    first = MachineTime(10_000_000_000, 1.0, 0.0, 1.0)
    assert machine_of(
        600.0, [first, replace(first, at_ns=11_000_000_000)], 2
    ).throttled_periods is (None)


def test_runs_from_before_are_read_as_they_are() -> None:
    machine = open_run(SAMPLE).trials[0].machine
    assert (machine.throttled_periods, machine.suspended_s) == (None, None)
    assert verdict(machine).verdict == "valid"
