"""Two runs: what became of each stack, what certainly got worse, what they share at all."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.synthetic_run import CLOSED, LATE, OPEN, Truth, synthetic_run
from webtrial.errors import CompareError
from webtrial.results.comparison.changes import changes, machine_speed, regressions, shared_cells
from webtrial.run.records import Load
from webtrial.run.store import Run
from webtrial.stats.trials import measured, trials_table

TRUTH = Truth({"django": 80.0, "flask": 50.0, "fastapi": 10.0}, drift=0.02)
SLOWER = replace(TRUTH, median_ms=TRUTH.median_ms | {"flask": 75.0})


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("before")
    return synthetic_run(folder, TRUTH, loads=(CLOSED, OPEN), blocks=4, seed=3)


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """With Flask taking half as long again."""
    folder = tmp_path_factory.mktemp("after")
    return synthetic_run(folder, SLOWER, loads=(CLOSED, OPEN), blocks=5, seed=4)


@pytest.fixture(scope="module")
def changed(before: Run, after: Run) -> pd.DataFrame:
    return changes(before, after)


def rates(run: Run, stack: str) -> np.ndarray:
    trials = measured(trials_table(run)).query("stack == @stack and load == '100 users'")
    return trials["throughput_per_s"].to_numpy()


def test_the_change_of_a_rate_is_the_unpaired_t_of_the_logs(
    before: Run, after: Run, changed: pd.DataFrame
) -> None:
    row = changed.query("stack == 'flask' and metric == 'throughput'").iloc[0]
    first, second = rates(before, "flask"), rates(after, "flask")
    expected = stats.ttest_ind(np.log(second), np.log(first), equal_var=False)

    assert row["ratio"] == pytest.approx(stats.gmean(second) / stats.gmean(first))
    assert np.log([row["low"], row["high"]]) == pytest.approx(expected.confidence_interval(0.95))
    assert (row["blocks_before"], row["blocks_after"], row["blocks_untouched"]) == (4, 5, 4)


def test_only_the_stack_that_changed_is_shown_to_have_changed(changed: pd.DataFrame) -> None:
    decided = changed[changed["verdict"] != "inconclusive"]

    assert set(decided["stack"]) == {"flask"}
    assert dict(zip(decided["metric"], decided["verdict"], strict=True)) == {
        "throughput": "lower",
        "p50": "higher",
        "cpu": "higher",
    }
    assert set(decided["load"]) == {"100 users", "200/s"}


def test_rates_are_compared_in_closed_loads_only(changed: pd.DataFrame) -> None:
    assert set(changed.query("metric == 'throughput'")["load"]) == {"100 users"}
    assert set(changed.query("metric == 'p50'")["load"]) == {"100 users", "200/s"}


@pytest.mark.parametrize(("percent", "stacks"), [(20.0, {"flask"}), (60.0, set())])
def test_a_regression_is_certain_where_the_near_end_of_the_interval_is_beyond(
    changed: pd.DataFrame, percent: float, stacks: set[str]
) -> None:
    worse = regressions(changed, 1.0, percent)

    assert set(worse["stack"]) == stacks
    assert (worse["worse"] > percent).all()
    assert worse["worse"].is_monotonic_decreasing


def test_of_a_rate_worse_is_less_and_of_a_time_worse_is_more(changed: pd.DataFrame) -> None:
    worse = regressions(changed, 1.0, 10.0).set_index(["metric", "load"])
    rows = changed.query("stack == 'flask'").set_index(["metric", "load"])

    closed = ("throughput", "100 users")
    assert worse.loc[closed, "worse"] == pytest.approx(100 * (1 - rows.loc[closed, "high"]))
    for metric in ("p50", "cpu"):
        place = (metric, "100 users")
        assert worse.loc[place, "worse"] == pytest.approx(100 * (rows.loc[place, "low"] - 1))


def test_an_improvement_is_no_regression(before: Run, after: Run) -> None:
    assert regressions(changes(after, before), 1.0, 0.0).empty


def test_a_slower_machine_is_deducted_and_a_faster_one_does_not_count(
    changed: pd.DataFrame,
) -> None:
    plain = regressions(changed, 1.0, 10.0)

    assert regressions(changed, 0.6, 10.0).empty
    assert regressions(changed, 1.5, 10.0)["worse"].tolist() == plain["worse"].tolist()
    assert regressions(changed, 0.9, 10.0)["worse"].max() < plain["worse"].max()


def test_the_machines_speed_is_that_of_its_blocks(before: Run, after: Run) -> None:
    means = [
        stats.gmean(measured(trials_table(run)).groupby("block")["speed_per_s"].mean())
        for run in (before, after)
    ]
    speed = machine_speed(before, after)

    assert speed.value == pytest.approx(means[1] / means[0])
    assert speed.low < speed.value < speed.high


def test_two_blocks_are_too_few_to_be_certain(before: Run, tmp_path: Path) -> None:
    slow = replace(TRUTH, median_ms=dict.fromkeys(TRUTH.median_ms, 500.0), noise=0.001, drift=0.0)
    few = synthetic_run(tmp_path, slow, blocks=2)
    table = changes(before, few)

    assert set(table["verdict"]) == {"inconclusive"}
    assert regressions(table, 1.0, 0.0).empty


def test_one_block_has_a_ratio_without_interval(one_block: Run, before: Run) -> None:
    table = changes(before, one_block)

    assert table["ratio"].notna().any()
    assert table["low"].isna().all()
    assert set(table.query("metric == 'throughput'")["reason"]) == {
        "only one block, so there is no interval"
    }


def test_invalid_trials_are_in_no_ratio(before: Run, tmp_path: Path) -> None:
    truth = replace(TRUTH, verdicts={(1, "django"): [LATE], (2, "django"): [LATE]})
    row = changes(before, synthetic_run(tmp_path, truth, blocks=4)).query("stack == 'django'")

    assert set(row["blocks_after"]) == {2}
    assert set(row["verdict"]) == {"inconclusive"}


def test_unlike_runs_are_aligned_on_what_both_measured(before: Run, tmp_path: Path) -> None:
    medians = {"flask": 50.0, "flask-raw": 30.0}
    other = synthetic_run(tmp_path, Truth(medians), scenarios=("user_detail", "crud"))

    assert shared_cells(before, other).to_numpy().tolist() == [
        ["user_detail", "closed", "100 users", "flask"]
    ]
    assert set(changes(before, other)["stack"]) == {"flask"}


def test_runs_without_common_cells_are_rejected_with_what_each_measured(
    before: Run, tmp_path: Path
) -> None:
    ten = Load("closed", users=10)
    other = synthetic_run(tmp_path, TRUTH, scenarios=("crud",), loads=(ten,), blocks=1)
    with pytest.raises(CompareError) as raised:
        changes(before, other)

    message = str(raised.value)
    assert "measured user_detail at 100 users, 200/s with" in message
    assert "measured crud at 10 users with" in message
    assert "Measure one run again" in message


def test_failures_accompany_the_ratio(before: Run, tmp_path: Path) -> None:
    failing = synthetic_run(tmp_path, replace(TRUTH, refused=0.2))
    row = changes(before, failing).iloc[0]

    assert row["failed_before"] == 0
    assert row["failed_after"] == pytest.approx(0.2, abs=0.03)
