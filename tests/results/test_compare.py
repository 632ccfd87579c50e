"""Comparisons: known truth in, known truth out; which blocks enter and which decide."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy import stats

from tests.synthetic_run import (
    CLOSED,
    LATE,
    OPEN,
    OWN,
    SLOW_TO_FAST,
    STACKS,
    STOLEN,
    Truth,
    synthetic_run,
)
from webtrial.errors import RunError
from webtrial.run.records import Load
from webtrial.run.store import Run
from webtrial.run.writer import RunWriter
from webtrial.stats.estimates import at_main_load, estimates, throughput_table
from webtrial.stats.histogram import RESOLUTION
from webtrial.stats.matching import pairs_of
from webtrial.stats.pairs import pair_of
from webtrial.stats.ratios import noise_floors, ratio_table
from webtrial.stats.trials import latencies, trials_table


def _row(table, stack, baseline, metric, load="100 users"):
    chosen = table[
        (table["stack"] == stack)
        & (table["baseline"] == baseline)
        & (table["metric"] == metric)
        & (table["load"] == load)
    ]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_the_pairs_of_a_run_are_those_as_deployed_and_the_matched(run):
    pairs = pairs_of(run)

    assert [(p.stack, p.baseline) for p in pairs if p.kind == "as deployed"] == [
        ("fastapi", "flask"),
        ("fastapi", "django"),
        ("flask", "django"),
    ]
    assert [p for p in pairs if p.kind == "matched"] == []


def test_throughput_is_the_geometric_mean_over_blocks(run):
    trials = trials_table(run)
    mine = trials.query(
        "stack == 'flask' and scenario == 'dashboard' and load == '100 users' and role == 'measure'"
    )
    table = throughput_table(run)
    row = table[(table["stack"] == "flask") & (table["scenario"] == "dashboard")].iloc[0]

    assert row["value"] == pytest.approx(stats.gmean(mine["throughput_per_s"]))
    assert row["blocks"] == 3
    assert set(table["load_kind"]) == {"closed"}


def test_rows_come_as_the_parameters_name_them(run):
    table = throughput_table(run)

    assert table["scenario"].unique().tolist() == ["user_detail", "product_search", "dashboard"]
    assert table["stack"].iloc[:6].tolist() == [
        *("django", "django-plain", "flask", "flask-raw", "fastapi", "fastapi-orm")
    ]


def test_the_ratio_of_throughputs_is_paired_by_block(run, ratios):
    trials = trials_table(run).query(
        "scenario == 'user_detail' and load == '100 users' and role == 'measure'"
    )
    wide = trials.pivot_table("throughput_per_s", "block", "stack")
    expected = stats.ttest_1samp(np.log(wide["fastapi"] / wide["flask"]), 0)
    interval = expected.confidence_interval(0.95)
    table = ratios

    found = _row(table[table["scenario"] == "user_detail"], "fastapi", "flask", "throughput")

    assert found["ratio"] == pytest.approx(stats.gmean(wide["fastapi"] / wide["flask"]))
    assert np.log(found["low"]) == pytest.approx(interval.low)
    assert np.log(found["high"]) == pytest.approx(interval.high)


def test_the_ratio_of_medians_is_of_merged_requests(run, ratios):
    trials = trials_table(run).query(
        "scenario == 'user_detail' and load == '200/s' and role == 'measure'"
    )
    medians = latencies(run, trials).groupby("stack", observed=True)["latency_ms"].median()
    table = ratios

    found = _row(table[table["scenario"] == "user_detail"], "fastapi", "flask", "p50", "200/s")

    expected = medians["fastapi"] / medians["flask"]
    assert found["ratio"] == pytest.approx(expected, rel=2 * RESOLUTION)


def test_the_truth_lies_in_the_intervals(tmp_path):
    run = synthetic_run(tmp_path, blocks=5, loads=(CLOSED, OPEN), seed=5)
    truth = SLOW_TO_FAST.median_ms
    pairs = [pair_of(*names, "variant", STACKS) for names in combinations(truth, 2)]
    table = ratio_table(run, pairs)
    medians = table[table["metric"] == "p50"]
    inside = [
        row["low"] <= truth[row["stack"]] / truth[row["baseline"]] <= row["high"]
        for row in medians.to_dict("records")
    ]

    assert len(inside) == 30
    assert sum(inside) >= 11


def test_throughput_is_not_compared_where_arrivals_set_it(ratios):
    table = ratios

    assert set(table.loc[table["metric"] == "throughput", "load_kind"]) == {"closed"}
    assert set(table.loc[table["metric"] == "p50", "load_kind"]) == {"closed", "open"}


def test_p99_says_nothing_below_ten_thousand_requests_and_why(ratios):
    found = _row(ratios.query("scenario == 'user_detail'"), "flask", "django", "p99", "200/s")

    assert np.isnan(found["ratio"])
    assert found["verdict"] == "inconclusive"
    assert "10,000" in found["reason"]


def test_p99_is_compared_from_ten_thousand_requests_on(tmp_path):
    truth = Truth({"flask": 12.0, "fastapi": 6.0})
    run = synthetic_run(tmp_path, truth, window_s=1.0)
    assert trials_table(run).groupby("stack")["succeeded"].sum().min() >= 10_000

    found = _row(ratio_table(run), "fastapi", "flask", "p99")

    assert found["verdict"] == "lower"
    assert found["ratio"] == pytest.approx(0.5, rel=0.1)


def test_invalid_trials_enter_no_number(tmp_path):
    absurd = replace(SLOW_TO_FAST, verdicts={(2, "fastapi"): (LATE,)})
    run = synthetic_run(tmp_path, absurd, blocks=4)
    kept = trials_table(run).query("stack == 'fastapi' and block != 2")["throughput_per_s"]
    row = throughput_table(run).query("stack == 'fastapi'").iloc[0]

    assert row["value"] == pytest.approx(stats.gmean(kept))
    assert (row["blocks"], row["invalid_blocks"]) == (3, 1)
    found = _row(ratio_table(run), "fastapi", "flask", "throughput")
    assert found["blocks_untouched"] == 3
    assert found["verdict"] == "higher"


def test_suspect_trials_are_shown_and_decide_nothing(disturbed):
    row = throughput_table(disturbed).query("stack == 'django'").iloc[0]
    found = _row(ratio_table(disturbed), "flask", "django", "throughput")

    assert (row["blocks"], row["suspect_blocks"]) == (4, 2)
    assert (found["blocks"], found["blocks_untouched"]) == (4, 2)
    assert found["suspect"]
    assert found["verdict"] == "inconclusive"
    assert np.isfinite(found["low"])


def test_three_untouched_blocks_decide_without_the_suspect_one(tmp_path):
    truth = replace(SLOW_TO_FAST, verdicts={(1, "flask"): (STOLEN,)})
    run = synthetic_run(tmp_path, truth, blocks=4)
    wide = trials_table(run).pivot_table("throughput_per_s", "block", "stack").loc[[2, 3, 4]]

    found = _row(ratio_table(run), "fastapi", "flask", "throughput")

    assert found["ratio"] == pytest.approx(stats.gmean(wide["fastapi"] / wide["flask"]))
    assert (found["verdict"], found["suspect"]) == ("higher", False)


def test_one_block_has_ratios_but_neither_interval_nor_verdict(one_block):
    table = ratio_table(one_block)
    told = table[table["metric"] != "p99"]

    assert np.isfinite(told["ratio"]).all()
    assert told["low"].isna().all()
    assert set(table["verdict"]) == {"inconclusive"}
    assert set(told["reason"]) == {"only one block, so there is no interval"}


def test_only_with_a_a_is_anything_indistinguishable(tmp_path):
    alike = Truth({"django": 30.0, "flask": 30.0}, noise=0.03)
    without = ratio_table(synthetic_run(tmp_path / "without", alike, blocks=5))
    run = synthetic_run(tmp_path / "with", alike, blocks=5, aa_stack="flask")
    floors = noise_floors(run).set_index("metric")
    told = ratio_table(run).query("metric != 'p99'")

    assert "indistinguishable" not in set(without["verdict"])
    assert "indistinguishable" in set(told["verdict"])
    for row in told.to_dict("records"):
        floor = floors.loc[row["metric"]]
        assert row["floor"] == pytest.approx(max(1 / floor["low"], floor["high"]))
        inside = 1 / row["floor"] <= row["low"] and row["high"] <= row["floor"]
        assert (row["verdict"] == "indistinguishable") == inside


def test_a_a_trials_are_in_no_estimate(run):
    assert throughput_table(run)["blocks"].max() == 3
    aa = noise_floors(run)

    assert set(aa["stack"]) == set(aa["baseline"]) == {"flask"}
    assert (aa["blocks"] == 3).all()


def test_costs_that_were_not_observed_are_not_compared(one_block, tmp_path):
    writer = RunWriter(one_block.manifest, tmp_path)
    for trial in one_block.trials:
        blind = replace(trial, cost=replace(trial.cost, service_cpu_s=None))
        writer.append(blind, pq.read_table(one_block.path / trial.samples))
    table = ratio_table(Run(writer.path, one_block.manifest))
    costs = table[table["metric"] == "cpu"]

    assert len(costs) > 0
    assert costs["ratio"].isna().all()
    assert set(costs["verdict"]) == {"inconclusive"}


def test_the_main_load_is_the_articles_else_the_most_users(tmp_path):
    loads = (*(Load("closed", users=users) for users in (10, 100, 200)), OPEN, OWN)
    truth = Truth({"flask": 20.0})
    table = estimates(synthetic_run(tmp_path / "a", truth, loads=loads, blocks=1), "sent")
    other = estimates(
        synthetic_run(tmp_path / "b", truth, loads=(*loads[:3:2], OWN), blocks=1), "sent"
    )

    assert at_main_load(table)["load"].tolist() == ["100 users"]
    assert at_main_load(table, "open")["load"].tolist() == ["200/s"]
    assert at_main_load(other)["load"].tolist() == ["200 users"]
    assert at_main_load(other, "open")["load"].tolist() == ["80 % of pilot"]


def test_two_trials_of_a_stack_in_one_block_are_no_two_replications(run):
    first = next(trial for trial in run.trials if trial.planned.stack == "flask")
    twice = replace(first, planned=replace(first.planned, number=9999))
    other = type(run)(run.path, run.manifest)
    other.__dict__["trials"] = (*run.trials, twice)

    with pytest.raises(RunError, match=r"block 1 has two trials of flask in .*, numbers "):
        ratio_table(other)
