"""Where a request's time goes: parts that add up to the whole, or say that they do not."""

import shutil
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.synthetic_run import Truth, synthetic_run, vouch_for
from webtrial.results.cost.request_time import PARTS, request_time
from webtrial.results.cost.text import request_time_figure_text
from webtrial.results.dashboard.estimate import dashboard_parts
from webtrial.run.store import open_run
from webtrial.stats.trials import latencies, measured, trials_table


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    """A stack that asks its upstreams in turn, one at once, one too quick for its upstreams."""
    truth = Truth({"flask": 80.0, "flask-fan-out": 60.0, "fastapi": 10.0})
    scenarios = ("user_detail", "dashboard", "fan_out")
    return synthetic_run(tmp_path_factory.mktemp("asking"), truth, scenarios=scenarios)


@pytest.fixture(scope="module")
def table(asking):
    return request_time(asking).set_index(["scenario", "stack"])


def test_parts_add_up_to_the_mean_response_time(asking, table):
    requests = latencies(asking, measured(trials_table(asking)).query("scenario == 'dashboard'"))
    flask = requests[requests["stack"] == "flask"]
    by_block = flask.groupby("block", observed=True)["latency_ms"].mean()
    row = table.loc["dashboard", "flask"]

    assert row["response_ms"] == pytest.approx(by_block.mean())
    assert row[list(PARTS)].fillna(0).sum() == pytest.approx(row["response_ms"])
    assert row["cpu_ms"] == pytest.approx(0.8, rel=0.05)
    assert row["database_ms"] == pytest.approx(0.3)
    assert (row["excess_ms"], row["blocks"]) == (0, 3)


def test_upstreams_add_up_in_turn_and_at_once_the_slowest_counts(table):
    upstreams_ms = table["upstreams_ms"]

    assert upstreams_ms["dashboard", "flask"] == pytest.approx(21 + 22)
    assert upstreams_ms["dashboard", "flask-fan-out"] == pytest.approx(22)
    assert upstreams_ms["user_detail", "flask"] == 0


def test_upstreams_take_what_the_chapter_on_the_dashboard_says(asking, table):
    parts = dashboard_parts(asking).set_index("stack")

    assert table.loc[("dashboard", "flask"), "upstreams_ms"] == parts.loc["flask", "in_turn_ms"]
    assert (
        table.loc[("dashboard", "flask-fan-out"), "upstreams_ms"]
        == parts.loc["flask-fan-out", "slowest_ms"]
    )


def test_upstreams_take_as_long_whatever_is_kept_of_the_requests(asking, tmp_path):
    shutil.copytree(asking.path, tmp_path / "fewer")
    for path in (tmp_path / "fewer").glob("samples/*.parquet"):
        pq.write_table(pq.read_table(path).slice(5), path)
    vouch_for(tmp_path / "fewer")
    fewer = open_run(tmp_path / "fewer")

    for run in (asking, fewer):
        times = request_time(run).set_index(["scenario", "stack"])["upstreams_ms"]
        assert times["dashboard", "flask"] == pytest.approx(21 + 22)
    assert dashboard_parts(fewer)["in_turn_ms"].equals(dashboard_parts(asking)["in_turn_ms"])


def test_parts_that_exceed_the_total_are_reported(asking, table):
    row = table.loc["dashboard", "fastapi"]
    parts_ms = row[["database_ms", "connection_ms", "upstreams_ms", "cpu_ms"]].sum()

    assert parts_ms > row["response_ms"]
    assert row["queue_ms"] == 0
    assert row["excess_ms"] == pytest.approx(parts_ms - row["response_ms"])
    said = request_time_figure_text(request_time(asking), 0)
    assert "The parts of FastAPI exceed the total: they overlap." in said.caption


def test_a_scenario_of_many_kinds_of_request_has_no_row(table):
    assert set(table.index.get_level_values("scenario")) == {"user_detail", "dashboard"}


def with_waits(run, per_request_ms):
    """The run as if requests had waited that long for a connection; None: as if nothing told."""

    def told(trial):
        if per_request_ms is None:
            return replace(trial, cost=replace(trial.cost, pool_wait_ms=None))
        waited_ms = per_request_ms * trial.cost.statements.requests
        return replace(trial, cost=replace(trial.cost, pool_wait_ms=waited_ms))

    other = type(run)(run.path, run.manifest)
    other.__dict__["trials"] = tuple(map(told, run.trials))
    return other


def test_what_was_not_observed_is_unknown_and_part_of_the_rest(asking):
    unobserved = request_time(with_waits(asking, None))
    row = unobserved.set_index(["scenario", "stack"]).loc["user_detail", "flask"]

    assert np.isnan(row["connection_ms"])
    assert row["unknown"] == "waiting for a connection"
    assert "Not observed and therefore counted as queueing: waiting for a connection." in (
        request_time_figure_text(unobserved, 0).caption
    )


def test_waiting_for_a_connection_is_measured_per_request(asking):
    place = "user_detail", "flask"
    waited = request_time(with_waits(asking, 1.5)).set_index(["scenario", "stack"]).loc[place]
    unobserved = request_time(with_waits(asking, None)).set_index(["scenario", "stack"]).loc[place]

    assert waited["connection_ms"] == pytest.approx(1.5)
    assert waited["queue_ms"] == pytest.approx(unobserved["queue_ms"] - 1.5)
    assert waited["unknown"] == ""


def test_the_title_names_the_largest_part(asking):
    shown = request_time(with_waits(asking, None))
    title = request_time_figure_text(shown[shown["stack"] != "fastapi"], 0).title

    assert title.startswith("Most of a request's time is queueing in user detail (99 %)")
    assert "in dashboard" in title
