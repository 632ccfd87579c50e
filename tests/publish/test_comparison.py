"""Two runs as a terminal, a pull request and a notebook show them."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.publish.executing import outputs_of, words_and_figures
from tests.synthetic_run import CLOSED, OPEN, Truth, synthetic_run
from webtrial.errors import ParameterError
from webtrial.results.comparison.page import compare_runs
from webtrial.run.store import Run

TRUTH = Truth({"django": 80.0, "flask": 50.0, "fastapi": 10.0}, drift=0.02)
SLOWER = replace(TRUTH, median_ms=TRUTH.median_ms | {"flask": 75.0})
SCENARIOS = ("user_detail", "crud", "dashboard")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    """The second with Flask taking half as long again."""
    folders = [tmp_path_factory.mktemp(name) for name in ("before", "after")]
    before, after = (
        synthetic_run(folder, truth, scenarios=SCENARIOS, loads=(CLOSED, OPEN), seed=seed)
        for seed, (folder, truth) in enumerate(zip(folders, (TRUTH, SLOWER), strict=True), 1)
    )
    return before, after


def test_a_regression_comes_first_and_fails(runs: tuple[Run, Run]) -> None:
    found = compare_runs(*runs, fail_over=10)

    assert found.regressed
    assert [heading for heading, _ in found.parts][:2] == ["Regressions", "List of regressions"]
    assert "certainly got worse by more than 10 %" in found.text()


def test_below_the_bound_nothing_fails(runs: tuple[Run, Run]) -> None:
    found = compare_runs(*runs, fail_over=80)

    assert not found.regressed
    assert "No stack certainly got worse by more than 80 %" in found.text()


def test_without_a_bound_nothing_is_a_regression(runs: tuple[Run, Run]) -> None:
    found = compare_runs(*runs)

    assert not found.regressed
    assert "Regressions" not in found.text()


@pytest.mark.parametrize("percent", [-1.0, float("nan"), float("inf")])
def test_an_invalid_percentage_is_rejected(runs: tuple[Run, Run], percent: float) -> None:
    with pytest.raises(ParameterError, match="use a percentage from 0"):
        compare_runs(*runs, fail_over=percent)


def test_markdown_suits_a_pull_request(runs: tuple[Run, Run]) -> None:
    text = compare_runs(*runs, fail_over=10).markdown()

    assert text.startswith("## synthetic compared with synthetic")
    assert "### Conclusions" in text
    assert "<details><summary>18 rows</summary>\n\n| scenario |" in text
    assert "\n: " not in text  # pandoc's captions
    assert "| user detail | 100 users | Flask |" in text


def test_a_table_in_a_terminal_has_its_columns_in_line(runs: tuple[Run, Run]) -> None:
    lines = compare_runs(*runs).text().splitlines()
    head = next(line for line in lines if line.endswith("CPU time"))
    first = lines[lines.index(head) + 1]

    assert head.index("stack") == first.index("Django")
    assert first[head.index("requests/s") - 1] == " "
    assert first[head.index("requests/s")].isdigit()


def executed(before: Run, after: Run) -> tuple[str, int]:
    return words_and_figures(outputs_of("compare", {"before": before, "after": after}))


def test_the_notebook_shows_replication_and_changes(
    runs: tuple[Run, Run],
) -> None:
    said, figures = executed(*runs)

    assert figures == 2
    assert "Requests per second differ between the runs for Flask" in said
    assert "settled in at least one run" in said
    assert "certainly got worse by more than 10 %" in said


def test_the_notebook_of_two_single_blocks_concludes_nothing(tmp_path: Path) -> None:
    before = synthetic_run(tmp_path / "a", TRUTH, blocks=1, window_s=0.5)
    after = synthetic_run(tmp_path / "b", SLOWER, blocks=1, window_s=0.5)
    said, figures = executed(before, after)

    assert figures == 2
    assert "is settled in either run" in said
    assert "no interval, no verdict" in said
    assert "nan" not in said


def test_a_single_run_is_rejected(runs: tuple[Run, Run]) -> None:
    with pytest.raises(ParameterError, match="name both runs or neither"):
        outputs_of("compare", {"before": runs[0]})
    with pytest.raises(
        ParameterError, match="unknown parameter 'run'; known: before, after, fail_over"
    ):
        outputs_of("compare", {"run": runs[0]})
