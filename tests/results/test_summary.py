"""Tables of trials and requests against plain pandas expressions over the same files."""

from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.synthetic_run import CLOSED, HELD, LATE, SLOW_TO_FAST, STOLEN, VALID, synthetic_run
from webtrial.run.store import Run
from webtrial.run.writer import RunWriter
from webtrial.stats.trials import in_ticks, latencies, measured, trials_table


def test_there_is_a_row_for_each_attempt_in_the_order_of_measuring(disturbed):
    table = trials_table(disturbed)

    assert list(zip(table["number"], table["attempt"], strict=True)) == [
        (trial.planned.number, trial.attempt) for trial in disturbed.trials
    ]


def test_rates_and_costs_are_per_request_that_was_completed_in_the_window(run):
    trial, row = run.trials[0], trials_table(run).iloc[0]
    completed = trial.counts.completed

    assert row["throughput_per_s"] == completed / trial.window_s
    assert row["cpu_ms_per_request"] == pytest.approx(1000 * trial.cost.service_cpu_s / completed)
    counted = trial.cost.statements
    assert row["rows_per_request"] == counted.rows / counted.requests
    waited_ms = trial.cost.pool_wait_ms
    assert row["pool_wait_ms_per_request"] == waited_ms / counted.requests


def test_what_was_not_observed_is_missing_not_zero(run, tmp_path):
    trial = run.trials[0]
    cost = replace(trial.cost, service_cpu_s=None, statements=None)
    writer = RunWriter(run.manifest, tmp_path)
    samples = run.path / trial.samples
    writer.append(replace(trial, cost=cost), pq.read_table(samples))
    row = trials_table(Run(writer.path, run.manifest)).iloc[0]

    assert np.isnan(row["cpu_ms_per_request"])
    assert np.isnan(row["data_statements_per_request"])


def test_what_became_of_held_connections_stands_beside_the_memory_that_they_took(tmp_path):
    truth = replace(SLOW_TO_FAST, median_ms={"flask": 50.0})
    run = synthetic_run(tmp_path, truth, loads=(HELD, CLOSED), blocks=1)
    table = trials_table(run).set_index("load_kind")
    row = table.loc["persistent"]

    assert (row["connections"], row["idle"]) == (1000, 0)
    assert (row["opened"], row["refused"], row["reset"], row["still_open"]) == (990, 10, 10, 980)
    assert row["service_memory_mib"] - row["service_memory_before_mib"] == pytest.approx(30.0)
    assert table.loc["closed", ["connections", "opened", "still_open"]].isna().all()


@pytest.mark.parametrize(
    ("attempts", "final", "used"),
    [
        ((VALID,), 1, True),
        ((STOLEN, VALID), 2, True),
        ((STOLEN, STOLEN, STOLEN), 3, True),
        ((VALID, STOLEN), 1, True),
        ((STOLEN, LATE), 2, False),
        ((LATE,), 1, False),
    ],
)
def test_the_attempt_that_counts_is_the_first_valid_one_else_the_last(
    tmp_path, attempts, final, used
):
    truth = replace(SLOW_TO_FAST, median_ms={"flask": 50.0}, verdicts={(1, "flask"): attempts})
    table = trials_table(synthetic_run(tmp_path, truth, blocks=1))

    assert table.loc[table["final"], "attempt"].tolist() == [final]
    assert table["used"].any() == used


def test_a_run_without_trials_gives_an_empty_table_with_all_columns(run, tmp_path):
    writer = RunWriter(run.manifest, tmp_path)
    empty = trials_table(Run(writer.path, run.manifest))

    assert len(empty) == 0
    assert set(trials_table(run).columns) == set(empty.columns)
    assert len(latencies(run, empty)) == 0


def test_latencies_are_the_measured_requests_from_their_intended_start(run):
    trials = trials_table(run).iloc[[4]]
    samples = run.samples(run.trials[4])
    kept = samples[samples["phase"] == "measured"]

    found = latencies(run, trials)

    expected = (in_ticks(kept["done_ns"]) - in_ticks(kept["intended_ns"])) / 1e6
    assert found["latency_ms"].tolist() == pytest.approx(expected.tolist())
    assert found["stack"].unique().tolist() == trials["stack"].tolist()
    service = latencies(run, trials, clock="service")["latency_ms"]
    expected = (in_ticks(kept["done_ns"]) - in_ticks(kept["sent_ns"])) / 1e6
    assert service.tolist() == pytest.approx(expected.tolist())


def test_each_request_keeps_the_keys_of_its_own_trial(run):
    trials = trials_table(run)
    found = latencies(run, trials).groupby(["number", "attempt"], observed=True).size()

    assert found.tolist() == (trials["succeeded"]).tolist()


def test_timeouts_are_censored_rows_and_other_errors_are_no_latencies(tmp_path):
    truth = replace(SLOW_TO_FAST, median_ms={"flask": 20.0}, timeouts=0.05, refused=0.05)
    run = synthetic_run(tmp_path, truth, blocks=1)
    errors = run.trials[0].counts.errors
    found = latencies(run, trials_table(run))

    assert errors["timeout"] > 0
    assert errors["refused"] > 0
    assert found["censored"].sum() == errors["timeout"]
    assert len(found) == run.trials[0].counts.succeeded + errors["timeout"]


def test_neither_pilots_nor_a_a_trials_nor_invalid_ones_are_measured(run, disturbed):
    assert set(measured(trials_table(run))["role"]) == {"measure"}
    assert "invalid" not in set(measured(trials_table(disturbed))["verdict"])
    assert "invalid" in set(trials_table(disturbed)["verdict"])
