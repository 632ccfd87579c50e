"""Latency, timelines, work and gates: each table against the samples or records it is made of."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.synthetic_run import (
    CLOSED,
    HELD,
    LATE,
    OPEN,
    OWN,
    SLOW_TO_FAST,
    STOLEN,
    Truth,
    synthetic_run,
)
from webtrial.errors import RunError
from webtrial.results.cost import figure as cost
from webtrial.results.cost.estimate import cost_table, same_work_table
from webtrial.results.cost.text import cost_figure_text, cost_per_request_table
from webtrial.results.dashboard.estimate import dashboard_parts
from webtrial.results.latency.estimate import (
    distribution,
    latency_against_load,
    search_by_selectivity,
)
from webtrial.results.latency.text import percentiles_table
from webtrial.results.latency.timeline import MAX_POINTS, SLOWEST, timeline, typical_trial
from webtrial.results.throughput.text import rates_table
from webtrial.results.validity.gates import machine_table, validity_table, verdict_table
from webtrial.results.validity.text import verdicts_text
from webtrial.run.records import Load
from webtrial.stats.estimates import at_main_load, throughput_table
from webtrial.stats.histogram import RESOLUTION
from webtrial.stats.trials import in_ticks, latencies, measured, trials_table


def _requests(run, query):
    return latencies(run, measured(trials_table(run)).query(query))


def test_percentiles_against_load_are_pandas_quantiles_of_all_blocks(run):
    requests = _requests(run, "scenario == 'dashboard' and stack == 'flask' and load == '200/s'")
    table = latency_against_load(run, (50, 90), ["dashboard"])
    mine = table[(table["stack"] == "flask") & (table["load"] == "200/s")]

    expected = requests["latency_ms"].quantile([0.5, 0.9]).tolist()
    assert mine["latency_ms"].tolist() == pytest.approx(expected, rel=RESOLUTION)
    assert mine["samples"].tolist() == [len(requests)] * 2
    assert ((mine["low"] < mine["latency_ms"]) & (mine["latency_ms"] < mine["high"])).all()


def test_loads_are_ordered_by_size_not_by_name(tmp_path):
    loads = [Load("closed", users=users) for users in (100, 5, 20)]
    loads += [OWN, Load("open", rate_per_s=1000.0), OPEN]
    run = synthetic_run(tmp_path, Truth({"flask": 20.0}), loads=loads, blocks=1)
    table = latency_against_load(run, (50,))

    assert table["load"].tolist() == [
        *("5 users", "20 users", "100 users", "200/s", "1000/s", "80 % of pilot")
    ]
    assert table["size"].tolist() == [5, 20, 100, 200, 1000, 80]


def test_held_connections_are_no_point_on_a_scale_of_users_or_rates(tmp_path):
    run = synthetic_run(tmp_path, Truth({"flask": 20.0}), loads=(HELD, OPEN), blocks=1)

    assert set(latency_against_load(run, (50,))["load"]) == {str(OPEN)}
    assert set(distribution(run, str(HELD))["load"]) == {str(HELD)}


def test_failures_stand_beside_rates_and_response_times(tmp_path):
    truth = Truth({"flask": 20.0}, timeouts=0.03, refused=0.04, verdicts={(2, "flask"): (LATE,)})
    run = synthetic_run(tmp_path, truth, blocks=2)
    counts = run.trials[0].counts
    errors = sum(counts.errors.values()) / counts.sent
    rates, times = throughput_table(run), latency_against_load(run, (50, 90))

    assert rates["error_fraction"].tolist() == [pytest.approx(errors)]
    assert times["error_fraction"].tolist() == [pytest.approx(errors)] * 2
    assert rates["dropped_fraction"].tolist() == [0.0]
    for table in (rates_table(rates), percentiles_table(times)):
        assert table.cells()[0][-2:] == [f"{100 * errors:.1f} %", "0 %"]


def test_arrivals_that_were_not_sent_are_told(run):
    def halved(trial):
        return replace(trial, counts=replace(trial.counts, dropped=trial.counts.scheduled // 2))

    table = latency_against_load(_altered(run, "flask", "dashboard", halved), (50,))
    mine = table.query("stack == 'flask' and scenario == 'dashboard'")

    assert mine["dropped_fraction"].tolist() == [pytest.approx(0.5, abs=0.01)] * 3
    assert table["dropped_fraction"].drop(mine.index).max() == 0


def test_searches_are_grouped_by_word_frequency(run):
    requests = _requests(run, "scenario == 'product_search' and load == '100 users'")
    flask = requests[requests["stack"] == "flask"]
    expected = flask.groupby("kind", observed=True)["latency_ms"].median()
    table = search_by_selectivity(run, (50,)).query("stack == 'flask' and load == '100 users'")

    assert table["kind"].tolist() == ["common", "middling", "rare"]
    medians = expected[table["kind"]].tolist()
    assert table["latency_ms"].tolist() == pytest.approx(medians, rel=RESOLUTION)
    assert table["latency_ms"].is_monotonic_increasing


def test_a_distribution_gives_the_share_that_took_longer(run):
    requests = _requests(run, "scenario == 'user_detail' and stack == 'flask'")
    all_ms = requests.loc[requests["load"] == "100 users", "latency_ms"]
    curve = distribution(run, "100 users", ["user_detail"]).query("stack == 'flask'")

    for row in curve.iloc[::10].itertuples():
        assert (all_ms > row.latency_ms).mean() == pytest.approx(row.share_slower, abs=0.002)
    assert curve["share_slower"].min() == pytest.approx(10 / len(all_ms))
    assert curve["latency_ms"].is_monotonic_increasing


def test_a_timeline_bins_every_request_once(run):
    place = typical_trial(run, "user_detail", "flask")
    found = timeline(run, *place)
    width_s, samples = 0.1, _samples(run, *place)

    inside = samples["intended_ns"].between(-0.2e9, found.trial.window_s * 1e9, inclusive="left")
    assert found.bins["sent_per_s"].sum() * width_s == pytest.approx(inside.sum())
    measured_bins = found.bins[found.bins["t_s"] >= 0]
    completed = measured_bins["completed_per_s"].sum() * width_s
    assert completed == pytest.approx(found.trial.counts.completed, abs=1)
    times_s = [sample.t_s for sample in found.trial.resource_samples]
    assert found.resources["t_s"].tolist() == times_s


def test_a_timelines_latencies_are_of_those_intended_in_the_bin(run):
    place = typical_trial(run, "user_detail", "flask")
    found = timeline(run, *place)
    samples = _samples(run, *place)
    latency_ms = (samples["done_ns"] - samples["intended_ns"]) / 1e6
    by_bin = latency_ms.groupby(samples["intended_ns"] // 100_000_000)
    at = (found.bins["t_s"] * 10).round().astype(int)

    medians, worst = found.bins["median_ms"].tolist(), found.bins["worst_ms"].tolist()
    assert at.tolist() == list(range(-2, 10))
    assert worst == pytest.approx(by_bin.max()[at].tolist())
    assert medians == pytest.approx(by_bin.median()[at].tolist(), rel=RESOLUTION)
    of_window = latency_ms[samples["intended_ns"] >= 0].median()
    assert found.median_ms == pytest.approx(of_window, rel=RESOLUTION)


def test_a_timeline_shows_every_nth_request_and_the_slowest_all(run):
    place = typical_trial(run, "user_detail", "fastapi")
    samples = _samples(run, *place)
    latency_ms = (samples["done_ns"] - samples["intended_ns"]) / 1e6
    step = -(-len(samples) // MAX_POINTS)
    shown = latency_ms.index[::step].union(latency_ms.nlargest(SLOWEST).index)
    points = timeline(run, *place).requests

    assert step > 1
    assert points["t_s"].tolist() == pytest.approx((samples["intended_ns"][shown] / 1e9).tolist())
    assert points["latency_ms"].tolist() == pytest.approx(latency_ms[shown].tolist())
    assert points["ok"].all()


def _samples(run, number, attempt):
    trials = [t for t in run.trials if (t.planned.number, t.attempt) == (number, attempt)]
    samples = run.samples(trials[0])
    times = ["intended_ns", "sent_ns", "done_ns"]
    samples[times] = samples[times].apply(in_ticks)  # as the analysis reads them
    return samples


def test_a_typical_trial_is_valid_and_closed_where_there_is_one(disturbed):
    place = typical_trial(disturbed, "user_detail", "flask")
    row = trials_table(disturbed).set_index(["number", "attempt"]).loc[place]

    assert (row["verdict"], row["stack"]) == ("valid", "flask")


def test_a_trial_that_is_not_there_is_said_to_be_missing(run):
    with pytest.raises(RunError, match="attempt 9"):
        timeline(run, 1, 9)
    with pytest.raises(RunError, match="no usable trial"):
        typical_trial(run, "catalog", "flask")


def test_the_parts_of_the_cost_add_up_to_its_mean(run):
    table = cost_table(run)
    trials = measured(trials_table(run)).query(
        "stack == 'django' and scenario == 'dashboard' and load == '100 users'"
    )
    parts = ["cpu_ms_per_request", "database_cpu_ms_per_request", "upstreams_cpu_ms_per_request"]
    row = table.query("stack == 'django' and scenario == 'dashboard' and load == '100 users'")

    expected = float(np.exp(np.log(trials[parts].sum(axis=1)).mean()))
    assert row["total_ms"].item() == pytest.approx(expected)
    added = table[["service_ms", "database_ms", "upstreams_ms"]].sum(axis=1)
    assert added.tolist() == pytest.approx(table["total_ms"].tolist())


def test_cpu_time_that_was_not_observed_is_missing_not_zero(run):
    def blind(trial):
        return replace(trial, cost=replace(trial.cost, database_cpu_s=None))

    table = at_main_load(cost_table(_altered(run, "flask", "user_detail", blind)))
    row = table.query("stack == 'flask' and scenario == 'user_detail'").iloc[0]

    assert np.isnan(row["database_ms"])
    assert row["total_ms"] == pytest.approx(row["service_ms"] + row["upstreams_ms"])
    assert table["database_ms"].notna().sum() == len(table) - 1
    assert "not observed, excluded from the total: PostgreSQL" in cost_figure_text(table, 0).caption
    assert cost.draw(table, cost_figure_text(table, 0)).svg()
    assert "– " in cost_per_request_table(table).markdown()
    assert "not observed" in cost_per_request_table(table).caption
    assert "not observed" not in cost_figure_text(at_main_load(cost_table(run)), 0).caption


def _altered(run, stack, scenario, alter):
    """The run with the trials of one stack and scenario altered."""
    other = type(run)(run.path, run.manifest)
    other.__dict__["trials"] = tuple(
        alter(trial)
        if (trial.planned.stack, trial.planned.scenario) == (stack, scenario)
        else trial
        for trial in run.trials
    )
    return other


@pytest.mark.parametrize(
    ("scenario", "data", "rows", "same"),
    [
        ("user_detail", 1.001, 1, False),
        ("user_detail", 1, 1.01, True),
        ("product_search", 1, 1.017, False),
        ("dashboard", 1, 1.001, False),
        ("crud", 1.05, 1.05, True),
        ("crud", 1.1, 1, False),
    ],
)
def test_the_same_work_is_equal_work_but_for_what_was_drawn(tmp_path, scenario, data, rows, same):
    def more(trial):
        asked = trial.cost.statements
        asked = replace(asked, data=asked.data * data, rows=asked.rows * rows)
        return replace(trial, cost=replace(trial.cost, statements=asked))

    truth = Truth({"django": 50.0, "flask": 50.0, "fastapi": 50.0})
    run = synthetic_run(tmp_path, truth, scenarios=(scenario,), blocks=1)
    table = same_work_table(_altered(run, "flask", scenario, more)).set_index("stack")

    assert table["same"].to_dict() == {"django": True, "flask": same, "fastapi": True}


def test_stacks_that_ask_more_of_the_database_stand_out(run):
    assert same_work_table(run)["same"].all()
    greedy = replace(run.trials[0].cost.statements, data=2 * run.trials[0].cost.statements.data)
    stack, scenario = run.trials[0].planned.stack, run.trials[0].planned.scenario
    altered = [
        replace(trial, cost=replace(trial.cost, statements=greedy))
        if (trial.planned.stack, trial.planned.scenario) == (stack, scenario)
        else trial
        for trial in run.trials
    ]
    other = type(run)(run.path, run.manifest)
    other.__dict__["trials"] = tuple(altered)
    table = same_work_table(other)

    assert table.loc[~table["same"], ["scenario", "stack"]].to_numpy().tolist() == [
        [scenario, stack]
    ]


def test_the_dashboards_mean_stands_beside_its_upstreams(run):
    requests = _requests(run, "scenario == 'dashboard' and stack == 'flask' and load == '200/s'")
    by_block = requests.groupby("block", observed=True)["latency_ms"].mean()
    row = dashboard_parts(run).query("stack == 'flask' and load == '200/s'").iloc[0]

    assert row["response_ms"] == pytest.approx(float(np.exp(np.log(by_block).mean())))
    assert (row["in_turn_ms"], row["slowest_ms"]) == (43.0, 22.0)


def test_a_run_without_a_dashboard_or_a_search_has_no_rows_of_them(disturbed):
    assert dashboard_parts(disturbed).empty
    assert search_by_selectivity(disturbed).empty


def test_every_attempt_is_counted_by_its_verdict(disturbed):
    table = verdict_table(disturbed).set_index("verdict")
    expected = pd.Series([trial.validity.verdict for trial in disturbed.trials]).value_counts()

    assert table["attempts"].to_dict() == expected.to_dict()
    assert table["final"].to_dict() == {"valid": 21, "suspect": 2, "invalid": 1}


def test_the_pilots_trials_are_counted_apart(tmp_path):
    truth = Truth({"flask": 20.0}, verdicts={(0, "flask"): (STOLEN,)})
    run = synthetic_run(tmp_path, truth, pilot=True)
    table = verdict_table(run).set_index("verdict")
    reasons = validity_table(run)

    assert table[["attempts", "final", "pilot"]].loc["valid"].tolist() == [3, 3, 0]
    assert table[["attempts", "final", "pilot"]].loc["suspect"].tolist() == [0, 0, 1]
    assert (reasons["verdict"].tolist(), reasons["attempts"].tolist()) == (["valid"], [3])
    assert "3 trials took 3 attempts" in verdicts_text(run).text
    assert "The pilot's 1 trial (0 valid, 1 suspect and 0 invalid)" in verdicts_text(run).text


def test_reasons_are_counted_with_the_attempts_that_count(disturbed):
    table = validity_table(disturbed).set_index(["verdict", "gate"])

    assert table.loc[("suspect", "stolen"), ["attempts", "final"]].tolist() == [7, 2]
    assert table.loc[("invalid", "lag"), ["attempts", "kind"]].tolist() == [1, "instrument"]
    assert "9 ms" in table.loc[("invalid", "lag"), "example"]


def test_the_machine_is_shown_at_every_attempt(disturbed):
    table = machine_table(disturbed)
    stolen = table[table["what"] == "stolen_fraction"]

    assert stolen["value"].tolist() == [t.machine.stolen_fraction for t in disturbed.trials]
    assert stolen["order"].tolist() == list(range(1, len(disturbed.trials) + 1))


def test_two_loads_are_two_cells(tmp_path):
    run = synthetic_run(tmp_path, replace(SLOW_TO_FAST), loads=(CLOSED, OPEN), blocks=1)

    assert len(cost_table(run)) == 2 * len(SLOW_TO_FAST.median_ms)
