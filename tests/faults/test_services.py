"""Services that fail in each of the ways in which a service can."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.counted import injected
from tests.test_attempt import a_rig
from tests.test_launch import SETTINGS, small, small_services
from tests.waiting import LIMIT_S
from webtrial.errors import LaunchError
from webtrial.load.driver import running_driver
from webtrial.measure import server_process
from webtrial.measure.attempt import attempt_trial
from webtrial.measure.context import RunContext, ServiceUnderTest
from webtrial.measure.launch import launch_stack
from webtrial.measure.machine import CoreSplit
from webtrial.run.records import Load, PlannedTrial, Trial
from webtrial.system.process_tree import runs, tree

PINGED = PlannedTrial(1, 1, 1, "small", "ping", Load("closed", users=4), 7)


WINDOW_S = 1.5
HUNG_S = 2.0  # longer than the window, so that each user of a service that hangs asks it once


def context(timeout_s: float) -> RunContext:
    """One that really drives, from the first request on."""
    context = a_rig(running_driver)
    changes = {"warmup_s": 0.0, "duration_s": WINDOW_S, "timeout_s": timeout_s}
    split = CoreSplit(None, tuple(os.sched_getaffinity(0)))
    return replace(context, split=split, parameters=context.parameters.model_copy(update=changes))


@contextmanager
def site_of(folder: Path, **manner: str) -> Iterator[ServiceUnderTest]:
    log = folder / "log"
    with launch_stack(small(**manner), SETTINGS, None, log) as service:
        yield ServiceUnderTest(service, None, {}, {}, log)


def trial_of(folder: Path, timeout_s: float = LIMIT_S, **manner: str) -> Trial:
    """One trial of a service that behaves in that manner; nothing of it is left afterwards."""
    with site_of(folder, **manner) as under_test:
        family = tree(under_test.service.pid)
        trial, samples = attempt_trial(PINGED, 1, under_test, context(timeout_s))
        assert samples.num_rows > 0
    assert not [each for each in family if runs(each)]
    return trial


def is_the_drivers_fault(trial: Trial) -> bool:
    return any(reason.gate == "driver" for reason in trial.validity.reasons)


@pytest.mark.parametrize(
    ("manner", "fault"),
    [
        ({"IDLE": "yes"}, "a service that never becomes ready"),
        ({"GARBAGE": "yes"}, "a service that returns garbage at start"),
    ],
)
def test_a_service_that_cannot_be_used_is_named_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manner: dict[str, str], fault: str
) -> None:
    monkeypatch.setattr(server_process, "READY_S", 1.0)
    said = pytest.raises(LaunchError, match="did not respond to GET /ping with 200 within 1 s")
    with said, site_of(tmp_path, **manner):
        pass
    assert small_services() == set()
    injected(fault)


def test_a_service_that_turns_to_garbage_is_counted_as_what_it_is(tmp_path: Path) -> None:
    trial = trial_of(tmp_path, TURNS="garbage", AFTER="5")
    assert trial.counts.succeeded > 0
    assert set(trial.counts.errors) <= {"malformed", "closed", "reset", "truncated"}
    assert sum(trial.counts.errors.values()) > 0
    assert not is_the_drivers_fault(trial)
    injected("a service that returns garbage")


@pytest.mark.full
def test_a_service_that_hangs_costs_its_time_limit_and_no_more(tmp_path: Path) -> None:
    trial = trial_of(tmp_path, HUNG_S, TURNS="hang", AFTER="1")  # which is that it is ready
    assert trial.counts.errors == {"timeout": 4}  # of every user one
    assert not is_the_drivers_fault(trial)
    assert trial.service_ended is None
    injected("a service that hangs")


def test_a_service_that_leaks_until_it_is_ended_is_an_outcome(tmp_path: Path) -> None:
    trial = trial_of(tmp_path, LEAKS_MIB="16", LIMIT_MIB="400")
    assert trial.counts.succeeded > 0
    assert sum(trial.counts.errors.values()) > 0
    assert trial.service_ended is not None
    assert "out of memory" in trial.service_ended
    assert not is_the_drivers_fault(trial)
    injected("a service that leaks memory up to its limit")


def test_a_child_that_a_service_leaves_behind_is_ended_with_it(tmp_path: Path) -> None:
    trial = trial_of(tmp_path, FORKS="yes")
    assert trial.counts.succeeded > 0
    injected("a service that leaves a child process")
