"""Blocks, repeats, progress and what is told; then a real experiment from end to end."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.load.truth import truth
from tests.trial_builder import CLOSED, DISTURBED, LOST, STALLED, a_trial
from webtrial.errors import ContractError, LaunchError, RunError, WebtrialError
from webtrial.measure.blocks import measure_batch
from webtrial.measure.progress import Progress
from webtrial.measure.runner import measure
from webtrial.run.parameters import Parameters, read_parameters
from webtrial.run.plan import pilot, plan
from webtrial.run.records import ConnectionStates, PlannedTrial, Trial, Validity
from webtrial.run.store import Run, open_run

pytestmark = pytest.mark.xdist_group("measuring")

VALID = Validity("valid")


def planned(number: int) -> PlannedTrial:
    return PlannedTrial(number, 1, number, "flask", "user_detail", CLOSED, 7)


class Judge:
    """Measures nothing; gives each trial the verdicts that it is told to, in turn."""

    def __init__(self, verdicts: dict[int, list[Validity]]) -> None:
        self.verdicts = verdicts
        self.measured: list[tuple[int, int]] = []

    def __call__(self, trial: PlannedTrial, attempt: int) -> Trial:
        self.measured.append((trial.number, attempt))
        validity = self.verdicts.get(trial.number, [VALID])[attempt - 1]
        return a_trial(number=trial.number, attempt=attempt, validity=validity)


def test_disturbed_trials_are_repeated_at_the_sittings_end() -> None:
    judge = Judge({2: [DISTURBED, VALID], 3: [DISTURBED, DISTURBED, VALID]})
    last = measure_batch(list(map(planned, [1, 2, 3, 4])), judge, repeats=2)
    assert judge.measured == [(1, 1), (2, 1), (3, 1), (4, 1), (2, 2), (3, 2), (3, 3)]
    assert {number: trial.attempt for number, trial in last.items()} == {1: 1, 2: 2, 3: 3, 4: 1}


def test_after_the_last_repeat_a_disturbed_trial_stays_suspect() -> None:
    judge = Judge({1: [DISTURBED] * 3})
    last = measure_batch([planned(1)], judge, repeats=2)
    assert judge.measured == [(1, 1), (1, 2), (1, 3)]
    assert last[1].validity == DISTURBED


def test_without_repeats_every_trial_is_measured_once() -> None:
    judge = Judge({1: [DISTURBED]})
    measure_batch([planned(1)], judge, repeats=0)
    assert judge.measured == [(1, 1)]


def test_what_the_instrument_did_wrong_is_not_repeated() -> None:
    judge = Judge({1: [STALLED]})
    assert measure_batch([planned(1)], judge, repeats=2)[1].validity == STALLED
    assert judge.measured == [(1, 1)]


def test_a_trial_whose_driver_was_lost_is_measured_again() -> None:
    judge = Judge({1: [LOST, VALID]})
    assert measure_batch([planned(1)], judge, repeats=1)[1].validity == VALID
    assert judge.measured == [(1, 1), (1, 2)]


def test_nothing_is_repeated_when_there_is_no_time_for_it() -> None:
    judge = Judge({number: [DISTURBED, VALID] for number in (1, 2, 3)})
    time_for = iter([True, False, False])
    last = measure_batch(
        list(map(planned, [1, 2, 3])), judge, repeats=1, has_time=lambda: next(time_for)
    )
    assert judge.measured == [(1, 1), (2, 1), (3, 1), (1, 2)]
    assert [last[number].validity for number in (1, 2, 3)] == [VALID, DISTURBED, DISTURBED]


def test_a_run_repeats_while_it_is_on_course_to_end_in_its_time() -> None:
    clock = Clock()
    parameters = Parameters(duration_s=3.0, warmup_s=1.0, repeats_within_min=1.0)
    progress = Progress(parameters, lambda _: None, clock)
    progress.expect(map(planned, [1, 2, 3, 4]))
    for number, now_s, on_course in [(1, 15.0, True), (2, 30.1, False), (3, 45.0, True)]:
        progress.trial_started(planned(number), 1)
        progress.trial_judged(a_trial(number=number))
        clock.now_s = now_s
        assert progress.has_time_to_repeat() is on_course


def test_what_was_measured_before_an_interruption_gives_no_time_for_repeats() -> None:
    clock = Clock()
    progress = Progress(Parameters(repeats_within_min=1.0), lambda _: None, clock)
    progress.expect(map(planned, [1, 2, 3, 4]))
    progress.skip([1, 2])
    progress.trial_started(planned(3), 1)
    progress.trial_judged(a_trial(number=3))
    clock.now_s = 15.0
    assert progress.has_time_to_repeat()
    clock.now_s = 15.1
    assert not progress.has_time_to_repeat()


def test_of_a_sitting_that_was_broken_off_only_what_is_missing_is_measured() -> None:
    judge = Judge({2: [DISTURBED, VALID], 3: [DISTURBED, DISTURBED, VALID]})
    before = {1: a_trial(number=1), 2: a_trial(number=2, validity=DISTURBED), 9: a_trial(number=9)}
    last = measure_batch(list(map(planned, [1, 2, 3])), judge, repeats=2, before=before)
    assert judge.measured == [(3, 1), (2, 2), (3, 2), (3, 3)]
    assert {number: trial.attempt for number, trial in last.items()} == {1: 1, 2: 2, 3: 3}


def test_trials_that_are_there_already_make_the_bar_longer_from_the_start() -> None:
    told: list[dict[str, Any]] = []
    progress = Progress(Parameters(), told.append, Clock())
    progress.expect(map(planned, [1, 2, 3]))
    progress.skip([1, 2])
    progress.trial_started(planned(3), 1)
    assert (told[-1]["done"], told[-1]["of"]) == (2, 3)


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_the_time_left_is_corrected_by_what_trials_really_took() -> None:
    told: list[dict[str, Any]] = []
    clock = Clock()
    progress = Progress(Parameters(duration_s=3.0, warmup_s=1.0), told.append, clock)
    progress.expect(map(planned, [1, 2, 3, 4]))
    for number in (1, 2):
        progress.trial_started(planned(number), 1)
        clock.now_s += 10.0  # twice the 5 s that each should take
        progress.trial_judged(a_trial(number=number))
    progress.trial_started(planned(3), 1)
    trials = [event for event in told if event["event"] == "trial"]
    assert [event["done"] for event in trials] == [0, 1, 2]
    assert [event["of"] for event in trials] == [4, 4, 4]
    assert [event["seconds_left"] for event in trials] == [20.0, 30.0, 20.0]


def test_a_repeated_trial_does_not_make_the_bar_go_on() -> None:
    told: list[dict[str, Any]] = []
    progress = Progress(Parameters(), told.append, Clock())
    progress.expect(map(planned, [1, 2]))
    for attempt in (1, 2):
        progress.trial_started(planned(1), attempt)
        progress.trial_judged(a_trial(number=1, attempt=attempt))
    progress.trial_started(planned(2), 1)
    trials = [event for event in told if event["event"] == "trial"]
    assert [event["done"] for event in trials] == [0, 1, 1]
    assert [event["attempt"] for event in trials] == [1, 2, 1]


def test_a_repeated_trial_takes_time_too() -> None:
    told: list[dict[str, Any]] = []
    clock = Clock()
    progress = Progress(Parameters(duration_s=3.0, warmup_s=1.0), told.append, clock)
    progress.expect([planned(1)])
    progress.trial_started(planned(1), 1)
    clock.now_s += 5.0
    progress.trial_judged(a_trial(number=1))
    progress.trial_started(planned(1), 2)
    assert told[-1]["seconds_left"] == 5.0


# --- the child's side, with a stand-in for the experiment


def stand_in(*events: dict[str, Any], then: str = "") -> list[str]:
    lines = "".join(f"print({json.dumps(event)!r}, flush=True)\n" for event in events)
    return [sys.executable, "-c", f"import os, signal, sys, time\n{lines}\n{then}"]


def end(state: str) -> dict[str, Any]:
    return {"event": "end", "state": state, "path": "/runs/1"}


def test_every_event_is_passed_on_and_the_path_returned() -> None:
    told: list[dict[str, Any]] = []
    events = [{"event": "run", "id": "1", "path": "/runs/1"}, end("finished")]
    path = measure(Parameters(), told.append, command=stand_in(*events))
    assert path == Path("/runs/1")
    assert told == events


def test_the_experiment_is_told_parameters_and_folder(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    report = (
        "import json; print(json.dumps({'event': 'told', 'seed':"
        " json.loads(os.environ['WEBTRIAL_PARAMETERS'])['seed'],"
        " 'runs': os.environ['WEBTRIAL_RUNS']}))\n"
    )
    finish = f"print({json.dumps(end('finished'))!r})"
    measure(Parameters(seed=7), told.append, tmp_path, stand_in(then=report + finish))
    assert told[0] == {"event": "told", "seed": 7, "runs": str(tmp_path)}


@pytest.mark.parametrize(
    ("kind", "raised"), [("LaunchError", LaunchError), ("ContractError", ContractError)]
)
def test_an_error_is_raised_as_what_it_was(kind: str, raised: type[Exception]) -> None:
    error = {"event": "error", "kind": kind, "message": "flask did not come up"}
    with pytest.raises(raised, match="flask did not come up"):
        measure(Parameters(), lambda _: None, command=stand_in(end("failed"), error))


def test_an_unexpected_error_shows_its_traceback() -> None:
    error = {"event": "error", "kind": "ZeroDivisionError", "message": "division by zero"}
    with pytest.raises(WebtrialError, match=r"(?s)unexpectedly\..*Traceback.*ZeroDivisionError"):
        measure(Parameters(), lambda _: None, command=stand_in(end("failed"), error, then="1 / 0"))


def test_an_experiment_that_breaks_off_shows_its_last_words() -> None:
    command = stand_in(then="print('no memory', file=sys.stderr); sys.exit(9)")
    with pytest.raises(WebtrialError, match="no memory"):
        measure(Parameters(), lambda _: None, command=command)


def test_a_truncated_line_is_no_event() -> None:
    command = stand_in({"event": "run"}, then='sys.stdout.write(\'{"event": "en\')')
    told: list[dict[str, Any]] = []
    with pytest.raises(WebtrialError, match="ended unexpectedly"):
        measure(Parameters(), told.append, command=command)
    assert told == [{"event": "run"}]


def test_an_interrupt_lets_the_experiment_end_in_its_own_time() -> None:
    told = []
    waits = (
        f"try: print({json.dumps({'event': 'run'})!r}, flush=True); time.sleep(60)\n"
        f"except KeyboardInterrupt: print({json.dumps(end('interrupted'))!r}, flush=True)"
    )

    def interrupt(event: dict[str, Any]) -> None:
        told.append(event["event"])
        if event["event"] == "run":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(Parameters(), interrupt, command=stand_in(then=waits))
    assert told == ["run", "end"]


# --- the whole of it, with real services


@pytest.fixture(scope="module")
def told() -> list[dict[str, Any]]:
    return []


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, told: list[dict[str, Any]]) -> Run:
    """Two real stacks in two scenarios, in one of them at two loads: one open, at a rate from a
    pilot. Beside them one that answers from memory, and connections that are held."""
    given = {
        "profile": "test",
        "stacks": ["flask", "fastapi"],
        "scenarios": ["user_detail"],
        "extra_stacks": {"crud": ["flask", "fastapi"], "ping": ["flask", "bare"]},
        "closed_users": [20],
        "think_time_s": 0.1,
        "persistent_connections": [60],
        "idle_connections": [5],
        "persistent_stacks": ["fastapi"],
        "common_fractions": [0.2],
        "blocks": 1,
        "duration_s": 0.5,
        "warmup_s": 0.2,
        "repeats": 0,
    }
    return open_run(measure(read_parameters(given), told.append, tmp_path_factory.mktemp("runs")))


def test_a_run_holds_every_planned_trial_and_says_so(run: Run, told: list[dict[str, Any]]) -> None:
    manifest = run.manifest
    assert manifest.state == "finished"
    assert len(run.trials) == manifest.planned_trials == 2 + 2 * 2 + 2 + 2 + 2
    numbers = list(range(1, 13))
    assert [trial.planned.number for trial in run.trials] == numbers
    assert [event["number"] for event in told if event["event"] == "verdict"] == numbers
    assert told[0]["event"] == "run"
    assert told[-1] == {"event": "end", "state": "finished", "path": str(run.path)}


def test_the_manifest_says_where_the_numbers_come_from(run: Run) -> None:
    manifest = run.manifest
    assert manifest.machine["cores"] >= 1
    assert {"Python", "PostgreSQL", "Flask", "fastapi"} <= set(manifest.versions)
    assert manifest.data["rows"]["users"] == 10_000
    assert set(manifest.stacks) == {"flask", "fastapi", "bare"}
    assert manifest.budgets["database_connections"] == 16
    assert manifest.budgets["upstream_connections"] == 16
    assert set(manifest.capacities_per_s) == set(manifest.rates_per_s) == {"user_detail"}


def test_secrets_are_not_written(run: Run) -> None:
    written = (run.path / "manifest.json").read_text().lower()
    assert "secret_key" not in written
    assert "password" not in written


def test_the_services_answered_every_request(run: Run) -> None:
    asked = dict.fromkeys(run.manifest.stacks, 0)
    for trial in run.trials:
        assert trial.counts.succeeded == trial.counts.sent, trial.counts
        asked[trial.planned.stack] += trial.counts.sent
    assert min(asked.values()) > 0


def test_statements_are_counted_wherever_they_can_be(run: Run) -> None:
    can = run.manifest.budgets["counts_statements"]
    assert {trial.cost.statements is not None for trial in run.trials} == {can}


def test_every_stack_did_the_same_work(run: Run) -> None:
    details = [
        trial.cost.statements
        for trial in run.trials
        if trial.planned.scenario == "user_detail" and trial.planned.load.users
    ]
    assert len(details) == 2 * 2  # of each stack in the pilot and in the block
    for statements in filter(None, details):
        assert statements.data == 2 * statements.requests > 0


def test_no_more_requests_are_in_flight_than_there_are_users(run: Run) -> None:
    closed = [trial for trial in run.trials if trial.planned.load.users]
    for trial in closed:
        users = trial.planned.load.users
        assert trial.client.connections == users
        assert trial.client.in_flight_observed <= users
        assert "little" not in [reason.gate for reason in trial.validity.reasons]


def test_every_connection_was_held_together_with_idle_ones(run: Run) -> None:
    held = {
        str(trial.planned.load): trial.connection_states
        for trial in run.trials
        if trial.connection_states
    }
    assert held == {
        "60 connections": ConnectionStates(60, 0, 0, 0, 60, 0, 0),
        "60 connections, 5 idle": ConnectionStates(60, 0, 0, 0, 60, 5, 5),
    }


def test_what_answers_from_memory_asks_nothing_of_the_database(run: Run) -> None:
    (bare,) = [trial for trial in run.trials if trial.planned.stack == "bare"]
    assert bare.cost.service_memory_before_mib is not None
    assert bare.cost.statements is None or bare.cost.statements.data == 0


def test_samples_are_those_that_were_counted(run: Run) -> None:
    for trial in run.trials:
        samples = run.samples(trial)
        measured = samples[samples["phase"] == "measured"]
        assert len(measured) == trial.counts.sent
        assert (samples["done_ns"] >= samples["sent_ns"]).all()


def test_cost_and_seconds_are_there(run: Run) -> None:
    """CPU time is counted in ticks of 10 ms: what `bare` needs for its few answers may be none."""
    used_s = dict.fromkeys(run.manifest.stacks, 0.0)
    for trial in run.trials:
        used_s[trial.planned.stack] += trial.cost.service_cpu_s or 0.0
        assert (
            len(trial.resource_samples)
            == len({second.t_s for second in trial.resource_samples})
            >= 1
        )
    assert min(used_s["flask"], used_s["fastapi"]) > 0


@pytest.mark.full
def test_an_interrupted_run_keeps_what_it_has_and_leaves_nothing_behind(tmp_path: Path) -> None:
    before = set(psutil.Process().children(recursive=True))  # of other tests' fixtures
    started: set[psutil.Process] = set()

    def interrupt(event: dict[str, Any]) -> None:
        if event["event"] == "verdict" and event["number"] == 2:
            started.update(set(psutil.Process().children(recursive=True)) - before)
            raise KeyboardInterrupt

    given = {"stacks": ["flask"], "scenarios": ["user_detail"], "common_fractions": []}
    short = {"duration_s": 0.5, "warmup_s": 0.2, "blocks": 9, "repeats": 0}
    with pytest.raises(KeyboardInterrupt):
        measure(read_parameters(given | short), interrupt, tmp_path)
    (path,) = tmp_path.iterdir()
    run = open_run(path)
    assert (run.manifest.state, run.manifest.why) == ("interrupted", "interrupted by SIGINT")
    assert [trial.planned.number for trial in run.trials][:2] == [1, 2]
    assert len(started) > 6  # guard, supervisor, experiment, PostgreSQL, upstreams, the service
    assert not [each for each in started if each.is_running()]


@pytest.fixture
def answering() -> Iterator[str]:
    """The address of a server that stands already."""
    with truth(delay_s=0.02) as server:
        yield server.url


def test_an_interrupted_run_is_resumed_where_it_ended(tmp_path: Path, answering: str) -> None:
    def interrupt(event: dict[str, Any]) -> None:
        if event["event"] == "verdict" and event["number"] == 3:
            raise KeyboardInterrupt

    given = {"stacks": ["flask"], "scenarios": ["ping"], "common_fractions": [0.2]}
    short = {"duration_s": 0.5, "warmup_s": 0.2, "blocks": 2, "closed_users": [5], "repeats": 0}
    parameters = read_parameters(given | short | {"targets": {"flask": answering}})
    with pytest.raises(KeyboardInterrupt):
        measure(parameters, interrupt, tmp_path)
    (path,) = tmp_path.iterdir()
    before = {file: file.read_bytes() for file in path.glob("*/*")}
    capacities = open_run(path).manifest.capacities_per_s

    told: list[dict[str, Any]] = []
    assert measure(parameters, told.append, tmp_path, resume=path) == path

    run = open_run(path)
    assert run.manifest.state == "finished"
    assert run.manifest.capacities_per_s == capacities
    assert [trial.planned for trial in run.trials] == [
        *pilot(parameters),
        *plan(parameters, capacities),
    ]
    assert {file: file.read_bytes() for file in before} == before
    (interruption,) = run.manifest.interruptions
    assert (interruption.state, interruption.attempts) == ("interrupted", len(before) // 2)
    measured = [event["number"] for event in told if event["event"] == "verdict"]
    assert measured == list(range(len(before) // 2 + 1, len(run.trials) + 1))
    with pytest.raises(RunError, match="is finished and complete, so nothing can be resumed"):
        measure(parameters, told.append, tmp_path, resume=path)
