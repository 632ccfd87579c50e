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
    table = differences(run, run)

    assert table.empty
    assert "have the same parameters" in differences_text(table).text


def test_a_difference_is_named_with_both_values(run: Run) -> None:
    other = altered(run, think_time_s=1.0, versions={"Flask": "4.0"})

    assert differences(run, other).to_numpy().tolist() == [
        ["parameters", "think_time_s", 0.0, 1.0, True],
        ["versions", "Flask", None, "4.0", True],
    ]


def test_build_times_are_no_difference(run: Run) -> None:
    made, slower = (
        Run(run.path, run.manifest.model_copy(update={"data": {"sha256": "ab", "seconds": took_s}}))
        for took_s in (1.3, 9.9)
    )

    assert differences(made, slower).empty
    assert "have the same parameters" in differences_text(differences(made, slower)).text
    other = Run(
        run.path, run.manifest.model_copy(update={"data": {"sha256": "cd", "seconds": 1.3}})
    )
    assert differences(made, other)[["part", "name"]].to_numpy().tolist() == [["data", "sha256"]]


def test_duration_and_blocks_do_not_affect_measurements(run: Run) -> None:
    table = differences(run, altered(run, blocks=9, duration_s=7.0, git={"commit": "abc"}))

    assert not table["bears"].any()
    assert "None affects measurements" in differences_text(table).text


def test_parameters_that_affect_a_cell_are_named(run: Run) -> None:
    text = differences_text(differences(run, altered(run, upstream_delay_ms=90.0))).text

    assert "(upstream_delay_ms) affect measurements in a cell of the same name" in text


def test_a_different_stack_is_named_by_its_axis(run: Run) -> None:
    stacks = {name: dict(axes) for name, axes in run.manifest.stacks.items()}
    stacks["flask"]["server"] = "granian"
    del stacks["fastapi"]
    table = differences(run, altered(run, stacks=stacks))

    assert table[["part", "name", "after"]].to_numpy().tolist() == [
        ["stacks", "flask: server", "granian"]
    ]


def test_private_parameters_are_not_compared(run: Run) -> None:
    assert differences(run, altered(run, database_url="postgresql://u:secret@host/d")).empty
