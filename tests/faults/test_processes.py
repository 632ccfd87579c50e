"""Every process of a run is killed while it measures, one after the other, in one run.

After each of these the run can be opened and gone on with, no attempt that was complete is lost or
altered, what was hit is marked, and nothing is left running.
"""

import signal
from collections.abc import Iterator
from dataclasses import dataclass, field

import psutil
import pytest

from tests.counted import injected
from tests.faults.under_way import SMALL, UnderWay, fingerprints, kill, measuring, resuming
from webtrial.run.parameters import read_parameters
from webtrial.run.plan import plan
from webtrial.run.store import Run, open_run

pytestmark = pytest.mark.xdist_group("measuring")

FAILED, INTERRUPTED = 2, 130

ENDING = ("PostgreSQL", "experiment", "Ctrl-C")
"""What ends a run; after each it is gone on with."""

ENDING_IN_A_SOAK = ("upstream", "supervisor", "guard", "the command", "Ctrl-C twice")
"""The same, for who has the time."""

EACH = [
    *(pytest.param(fault, marks=pytest.mark.full) for fault in ENDING),
    *(pytest.param(fault, marks=pytest.mark.soak) for fault in ENDING_IN_A_SOAK),
]

ASKS_ALL = next(
    trial.number
    for trial in plan(read_parameters(dict(SMALL)), {})
    if trial.scenario == "dashboard"
)
"""The trial that is hit each time: it needs PostgreSQL and the upstreams."""

SAYS = {
    "PostgreSQL": "PostgreSQL was lost during trial",
    "upstream": "an upstream was lost during trial",
    "experiment": "the experiment ended unexpectedly",
    "supervisor": "the experiment ended unexpectedly",
    "guard": "the experiment ended unexpectedly",
}


@dataclass
class Told:
    """What became of the run after each fault."""

    states: dict[str, str] = field(default_factory=dict)
    why: dict[str, str | None] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    altered: dict[str, list[str]] = field(default_factory=dict)
    run: Run | None = None


@pytest.fixture(scope="module")
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """One run that suffers all of it and is finished in the end."""
    folder = tmp_path_factory.mktemp("faults")
    told, before, run = Told(), dict[str, str](), None
    soaking = request.config.getoption("--soak")
    for fault in (*ENDING, *ENDING_IN_A_SOAK * soaking):
        started = measuring(folder) if run is None else resuming(folder, run)
        with started as under_way:
            _inject(fault, under_way)
            told.codes[fault] = under_way.end()
            told.said[fault] = under_way.said
            (under_way.log).write_text("")
        run = under_way.the_run()
        told.states[fault], told.why[fault] = run.manifest.state, run.manifest.why
        told.attempts[fault] = len(run.trials)
        now = fingerprints(run)
        told.altered[fault] = [name for name in before if now.get(name) != before[name]]
        before = now
    assert run is not None
    with resuming(folder, run) as under_way:
        assert under_way.end() == 0, under_way.said
    told.run = open_run(run.path)
    return told


def _inject(fault: str, under_way: UnderWay) -> None:
    under_way.wait_for_trial(ASKS_ALL)
    match fault:
        case "the command":
            under_way.process.kill()
        case "Ctrl-C":
            under_way.process.send_signal(signal.SIGINT)
        case "Ctrl-C twice":
            under_way.process.send_signal(signal.SIGINT)
            under_way.wait_until(lambda: _is_closing(under_way), "end of the run")
            under_way.process.send_signal(signal.SIGINT)
        case part:
            kill(under_way.wait_for(part))


def _is_closing(under_way: UnderWay) -> bool:
    return "interrupted" in (under_way.the_run().path / "manifest.json").read_text()


@pytest.mark.parametrize("fault", EACH)
def test_the_run_says_how_it_ended_and_can_be_opened(told: Told, fault: str) -> None:
    expected = {"PostgreSQL": "failed", "upstream": "failed"}
    expected |= dict.fromkeys(("Ctrl-C", "Ctrl-C twice"), "interrupted")
    assert told.states[fault] == expected.get(fault, "running")
    if told.states[fault] == "failed":
        assert SAYS[fault] in (told.why[fault] or "")
    injected(f"kill -9 of {fault}" if "Ctrl" not in fault else f"{fault} while measuring")


@pytest.mark.parametrize("fault", EACH)
def test_the_command_says_what_happened_and_how_to_go_on(told: Told, fault: str) -> None:
    if fault == "the command":
        assert told.codes[fault] == -signal.SIGKILL
        return
    assert told.codes[fault] == (INTERRUPTED if "Ctrl" in fault else FAILED)
    assert "resume the run with --resume" in told.said[fault], told.said[fault]
    assert SAYS.get(fault, "interrupted") in told.said[fault], told.said[fault]


@pytest.mark.parametrize("fault", EACH)
def test_no_attempt_that_was_complete_is_lost_or_altered(told: Told, fault: str) -> None:
    assert told.altered[fault] == []
    earlier = list(told.attempts.values())[: list(told.attempts).index(fault)]
    assert told.attempts[fault] >= max(earlier, default=0)


@pytest.mark.full
def test_the_run_finishes_with_every_trial_and_tells_of_each_interruption(told: Told) -> None:
    run = told.run
    assert run is not None
    assert run.manifest.state == "finished"
    assert run.damage == {}
    assert [trial.planned.number for trial in run.trials] == list(range(1, 9))
    assert [each.state for each in run.manifest.interruptions] == list(told.states.values())


# --- what a run goes on after


@pytest.fixture(scope="module")
def hit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run whose service, then a worker of one, then whose load driver is killed."""
    parameters = SMALL | {"scenarios": ["user_detail"], "duration_s": 6.0, "stacks": ["flask"]}
    # Who asked a worker that was killed waits for the next one, however long that takes to start.
    parameters |= {"blocks": 4, "think_time_s": 0.1, "timeout_s": 60.0}
    with measuring(tmp_path_factory.mktemp("hit"), parameters=parameters) as going:
        for number, part in enumerate(("service", "worker", "driver"), start=1):
            driver = going.wait_for_trial(number)
            _hit(driver if part == "driver" else going.wait_for(part), part)
        assert going.end() == 0, going.said
        yield going.the_run()


def _hit(process: psutil.Process, part: str) -> None:
    """Kill it; of a service its workers, too, which would serve until they miss it."""
    workers = process.children() if part == "service" else []
    for each in (process, *workers):
        kill(each)


def test_a_killed_service_is_an_outcome_and_the_run_goes_on(hit: Run) -> None:
    first = hit.trials[0]
    assert first.service_ended is not None
    assert sum(first.counts.errors.values()) > 0
    injected("kill -9 of a service")


def test_a_killed_worker_is_replaced_by_its_server(hit: Run) -> None:
    second = hit.trials[1]
    assert second.service_ended is None
    assert second.counts.succeeded > 0
    injected("kill -9 of a server's worker")


def test_a_killed_driver_makes_its_trial_invalid_with_the_reason(hit: Run) -> None:
    third = hit.trials[2]
    assert third.validity.verdict == "invalid"
    assert "the load driver died (exit code -9)" in third.validity.reasons[0].text
    injected("kill -9 of the load driver")


def test_the_trial_after_all_that_is_like_any_other(hit: Run) -> None:
    last = hit.trials[3]
    assert last.counts.succeeded == last.counts.sent > 0
    assert hit.manifest.state == "finished"
