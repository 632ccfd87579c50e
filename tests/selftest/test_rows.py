"""A row passes or not by its limit, and never when the machine was disturbed."""

import json

import numpy as np
import pytest

from webtrial.selftest.check.experiments import ATTEMPTS, undisturbed
from webtrial.selftest.check.rows import Row, as_json, as_text, at_most, equal, undecided, within


@pytest.mark.parametrize(("measured", "passed"), [(100.0, True), (101.9, True), (97.9, False)])
def test_a_relative_error_is_held_to_its_limit_on_both_sides(measured: float, passed: bool) -> None:
    row = within("latency, ms", 100.0, measured, 0.02)
    assert row.passed is passed
    assert row.error == pytest.approx(measured / 100 - 1)


def test_a_count_that_is_off_by_one_does_not_pass() -> None:
    assert equal("resets", 7, 7).passed
    assert not equal("resets", 7, 8).passed
    assert equal("resets", 7, 6).error == -1


def test_what_should_be_nothing_may_reach_its_limit() -> None:
    assert at_most("lag, ms", 0.3, 0.3).passed
    assert not at_most("lag, ms", 0.31, 0.3).passed


def test_an_undecided_row_does_not_pass() -> None:
    row = undecided(equal("resets", 7, 7), "stolen")
    assert not row.passed
    assert row.note == "not judged: stolen"


def test_the_file_has_the_five_fields_of_each_row() -> None:
    (found,) = json.loads(as_json([equal("resets", 7, 8)]))
    assert found == {
        "experiment": "resets",
        "truth": 7,
        "measured": 8,
        "error": 1,
        "passed": False,
    }


def test_what_numpy_counted_can_be_written() -> None:
    rows = [within("p99, ms", np.float64(20.0), np.float64(20.1), 0.02), equal("resets", 7, 7)]
    assert [row["passed"] for row in json.loads(as_json(rows))] == [True, True]


def test_the_table_counts_what_passed() -> None:
    text = as_text([equal("resets", 7, 8), equal("refused", 1, 1)])
    assert "FAILED" in text
    assert text.endswith("1 of 2 passed")


def disturbed_until(attempt: int) -> tuple[list[int], object]:
    made: list[int] = []

    def experiment() -> tuple[list[Row], str]:
        made.append(len(made) + 1)
        return [equal("attempt", attempt, made[-1])], "" if made[-1] >= attempt else "stolen"

    return made, experiment


def test_an_experiment_is_repeated_until_the_machine_leaves_it_alone() -> None:
    made, experiment = disturbed_until(3)
    (row,) = undisturbed("resets", experiment, lambda _: None)  # type: ignore[arg-type]
    assert (made, row.passed) == ([1, 2, 3], True)


def test_an_experiment_that_is_always_disturbed_does_not_pass() -> None:
    made, experiment = disturbed_until(10**6)
    (row,) = undisturbed("resets", experiment, lambda _: None)  # type: ignore[arg-type]
    assert len(made) == ATTEMPTS
    assert not row.passed
    assert row.note == "not judged: stolen"
