"""In what two runs differ beside what they found."""

from pathlib import Path
from typing import Any

import pytest

from tests.synthetic_run import Truth, synthetic_run
from webtrial.results.comparison.differences import differences
from webtrial.results.comparison.text import differences_text
from webtrial.run.store import Run

TRUTH = Truth({"flask": 50.0, "fastapi": 10.0})


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return synthetic_run(tmp_path, TRUTH, blocks=1, window_s=0.5)


def altered(run: Run, **changes: Any) -> Run:
    """The same run with other parameters, or another part of the manifest."""
    others = {name: changes.pop(name) for name in ("versions", "git", "stacks") if name in changes}
    update = {"parameters": run.manifest.parameters.model_copy(update=changes), **others}
    return Run(run.path, run.manifest.model_copy(update=update))


def test_a_run_differs_in_nothing_from_itself(run: Run) -> None:
    told = differences(run, run)

    assert told.empty
    assert "say the same" in differences_text(told).text


def test_what_differs_is_named_with_both_values(run: Run) -> None:
    other = altered(run, think_time_s=1.0, versions={"Flask": "4.0"})

    assert differences(run, other).to_numpy().tolist() == [
        ["parameters", "think_time_s", 0.0, 1.0, True],
        ["versions", "Flask", None, "4.0", True],
    ]


def test_how_long_something_took_to_make_is_no_difference(run: Run) -> None:
    made, slower = (
        Run(run.path, run.manifest.model_copy(update={"data": {"sha256": "ab", "seconds": took_s}}))
        for took_s in (1.3, 9.9)
    )

    assert differences(made, slower).empty
    assert "say the same" in differences_text(differences(made, slower)).text
    other = Run(
        run.path, run.manifest.model_copy(update={"data": {"sha256": "cd", "seconds": 1.3}})
    )
    assert differences(made, other)[["part", "name"]].to_numpy().tolist() == [["data", "sha256"]]


def test_how_long_and_how_often_it_was_measured_changes_nothing_that_is_measured(run: Run) -> None:
    told = differences(run, altered(run, blocks=9, duration_s=7.0, git={"commit": "abc"}))

    assert not told["bears"].any()
    assert "None of it changes what is measured" in differences_text(told).text


def test_what_changes_a_cell_is_said_to_be_in_every_ratio(run: Run) -> None:
    said = differences_text(differences(run, altered(run, upstream_delay_ms=90.0))).text

    assert "(upstream_delay_ms): it is part of every ratio" in said


def test_a_stack_made_of_something_else_is_named_by_its_axis(run: Run) -> None:
    stacks = {name: dict(axes) for name, axes in run.manifest.stacks.items()}
    stacks["flask"]["server"] = "granian"
    del stacks["fastapi"]
    told = differences(run, altered(run, stacks=stacks))

    assert told[["part", "name", "after"]].to_numpy().tolist() == [
        ["stacks", "flask: server", "granian"]
    ]


def test_where_something_is_stays_private(run: Run) -> None:
    assert differences(run, altered(run, database_url="postgresql://u:secret@host/d")).empty
