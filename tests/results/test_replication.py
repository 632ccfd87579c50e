"""Which conclusions hold in two runs."""

from pathlib import Path

import pandas as pd
import pytest

from tests.synthetic_run import CLOSED, OPEN, Truth, synthetic_run
from webtrial.errors import CompareError
from webtrial.results.comparison.replication import replication
from webtrial.results.comparison.text import replication_figure_text, replication_text
from webtrial.run.store import Run
from webtrial.stats.ratios import ratio_table

MEDIANS = {"django": 80.0, "flask": 50.0, "fastapi": 10.0}
SWAPPED = {"django": 50.0, "flask": 80.0, "fastapi": 10.0}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return synthetic_run(tmp_path_factory.mktemp("first"), Truth(MEDIANS), loads=(CLOSED, OPEN))


@pytest.fixture(scope="module")
def swapped(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """With Django and Flask in each other's place."""
    folder = tmp_path_factory.mktemp("swapped")
    return synthetic_run(folder, Truth(SWAPPED), loads=(CLOSED, OPEN), seed=2)


def rates(found: pd.DataFrame) -> pd.Series:
    return found.query("metric == 'throughput'").set_index(["stack", "baseline"])["outcome"]


def test_the_same_ratios_replicate(first: Run, tmp_path: Path) -> None:
    slower = {name: 1.5 * median for name, median in MEDIANS.items()}
    again = synthetic_run(tmp_path, Truth(slower), loads=(CLOSED, OPEN), seed=3)
    found = replication(first, again)

    assert set(rates(found)) == {"replicates"}
    assert not found.query("metric == 'throughput'")["size_differs"].any()


def test_two_stacks_in_each_others_place_are_contradicted(first: Run, swapped: Run) -> None:
    found = rates(replication(first, swapped))

    assert found["flask", "django"] == "contradicted"
    assert found["fastapi", "django"] == found["fastapi", "flask"] == "replicates"


def test_a_verdict_that_replicates_may_differ_in_size(first: Run, swapped: Run) -> None:
    found = replication(first, swapped).query("metric == 'throughput' and stack == 'fastapi'")
    sizes = found.set_index("baseline")

    assert sizes.loc["django", "apart"] == pytest.approx(50 / 80, rel=0.1)
    assert sizes.loc["django", "size_differs"]


@pytest.mark.parametrize(
    ("turned", "outcome"), [(False, "first run only"), (True, "second run only")]
)
def test_a_verdict_of_one_run_only_is_settled_in_that_run(
    first: Run, one_block: Run, turned: bool, outcome: str
) -> None:
    runs = (one_block, first) if turned else (first, one_block)

    assert set(rates(replication(*runs))) == {outcome}


def test_two_runs_of_one_block_settle_nothing(one_block: Run) -> None:
    found = replication(one_block, one_block)

    assert set(found["outcome"]) == {"in neither"}
    assert "is settled in either run" in replication_text(found).text


def test_the_ratios_are_those_that_each_run_reports_by_itself(first: Run, swapped: Run) -> None:
    found = replication(first, swapped)
    for run, side in ((first, "before"), (swapped, "after")):
        alone = ratio_table(run)
        pd.testing.assert_series_equal(
            found[f"ratio_{side}"].sort_values(),
            alone["ratio"].sort_values(),
            check_names=False,
            check_index=False,
        )


def test_a_pair_that_one_run_lacks_is_excluded(first: Run, tmp_path: Path) -> None:
    two = synthetic_run(tmp_path, Truth({"flask": 50.0, "fastapi": 10.0}), blocks=3)

    assert set(rates(replication(first, two)).index) == {("fastapi", "flask")}


def test_runs_without_common_cells_are_rejected(first: Run, tmp_path: Path) -> None:
    with pytest.raises(CompareError):
        replication(first, synthetic_run(tmp_path, Truth(MEDIANS), scenarios=("ping",), blocks=1))


def test_the_sentences_count_replicated_and_contradicted_verdicts(first: Run, swapped: Run) -> None:
    found = replication(first, swapped)
    counts = found["outcome"].value_counts()
    text = replication_text(found).text

    assert f"{counts['replicates']} replicates" in text
    assert f"{counts['contradicted']} contradicted" in text
    rows = found.query("metric == 'throughput'").assign(title="A", baseline_title="B")
    assert replication_figure_text(rows).title == (
        "2 of 3 settled comparisons of requests per second have the same verdict in both runs;"
        " 1 contradicted"
    )
