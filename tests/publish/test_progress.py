"""What is shown of a measurement while it runs."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from webtrial.publish.progress import InLog, InTerminal, Progress, follow_events

EVENTS: list[dict[str, Any]] = [
    {"event": "run", "id": "r", "path": "/r"},
    {"event": "step", "text": "starting 6 stacks, block 1 of 3"},
    {"event": "plan", "trials": 90},
    {
        "event": "trial",
        "done": 12,
        "of": 90,
        "block": 1,
        "blocks": 3,
        "stack": "flask",
        "scenario": "crud",
        "load": "100 users",
        "attempt": 2,
        "seconds_left": 183.0,
    },
    {"event": "verdict", "number": 12, "verdict": "valid", "reasons": []},
]


def _after(events: list[dict[str, Any]]) -> Progress:
    progress = Progress()
    for event in events:
        progress.update(event)
    return progress


def test_the_current_trial_and_the_time_left_are_shown() -> None:
    assert str(_after(EVENTS)) == (
        "12 of 90 trials · block 1 of 3: flask, crud, 100 users, attempt 2 · 3 min 03 s left"
        " · 1 valid"
    )


def test_the_pilot_is_named_and_is_no_block() -> None:
    trial = EVENTS[3] | {"role": "pilot", "block": 0, "attempt": 1}
    assert "pilot: flask, crud, 100 users" in str(_after([*EVENTS[:3], trial]))
    assert "block" not in str(_after([*EVENTS[:3], trial]))


def test_at_the_end_all_trials_are_done_and_no_time_is_left() -> None:
    end = {"event": "end", "state": "finished", "path": "/r"}
    assert str(_after([*EVENTS, end])) == "90 of 90 trials · finished · 1 valid"


def test_after_an_interruption_the_finished_trials_are_shown() -> None:
    end = {"event": "end", "state": "interrupted", "path": "/r"}
    assert str(_after([*EVENTS, end])) == "12 of 90 trials · interrupted · 1 valid"


def test_unknown_events_change_nothing() -> None:
    assert str(_after([*EVENTS, {"event": "song"}])) == str(_after(EVENTS))


def test_a_log_gets_steps_and_the_end_but_not_every_trial() -> None:
    log = StringIO()
    view = InLog(log, every_s=3600)
    for event in [*EVENTS[1:], *[EVENTS[3]] * 20, {"event": "end", "state": "finished"}]:
        view(event)
    lines = log.getvalue().splitlines()
    assert len(lines) == 2
    assert lines[0].endswith("starting 6 stacks, block 1 of 3")
    assert "finished" in lines[1]


def test_every_event_in_the_file_is_passed_on_before_the_block_ends(tmp_path: Path) -> None:
    seen: list[dict[str, Any]] = []
    with follow_events(tmp_path / "events", seen.append), (tmp_path / "events").open("a") as file:
        for event in EVENTS:
            print(json.dumps(event), file=file, flush=True)
    assert seen == EVENTS


def test_a_terminal_shows_the_current_state_on_its_last_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("FORCE_COLOR", "1")
    terminal = StringIO()
    view = InTerminal(terminal)
    for event in EVENTS:
        view(event)
    view.close()
    assert "12 of 90 trials · block 1 of 3: flask, crud" in terminal.getvalue()
    assert terminal.getvalue().count("\n") <= terminal.getvalue().count("\x1b[2K") + 1
