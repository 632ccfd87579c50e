"""A 99th percentile is shown with its interval, or not at all."""

from math import isnan

import pytest

from tests.synthetic_run import HELD, Truth, synthetic_run
from webtrial.results.connections.estimate import connections
from webtrial.results.connections.text import held_table
from webtrial.results.dashboard.text import upstreams_table
from webtrial.results.latency.estimate import latency_against_load
from webtrial.results.latency.figure import against_load_figure
from webtrial.results.latency.text import against_load_figure_text as words_of_latency
from webtrial.results.latency.text import percentile_rule_text, percentiles_table, percentiles_text
from webtrial.run.store import Run

TRUTH = Truth({"fastapi": 8.0}, drift=0.2)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return synthetic_run(tmp_path_factory.mktemp("many"), TRUTH, window_s=1.5)


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return synthetic_run(tmp_path_factory.mktemp("single"), TRUTH, blocks=1, window_s=1.5)


def test_a_tail_has_an_interval_in_the_table_and_in_the_alternative_text(many: Run) -> None:
    percentiles = latency_against_load(many)
    tail = percentiles.set_index("percentile").loc[99]
    (cells,) = percentiles_table(percentiles).cells()

    assert tail["low"] < tail["latency_ms"] < tail["high"]
    assert cells[5].endswith(")")
    assert "–" in cells[5]
    assert "(" not in cells[3] + cells[4]  # those of the middle stand in the figure
    said = words_of_latency(percentiles, 0)
    assert f"FastAPI p99 {tail['latency_ms']:.2f} (" in said.alt
    assert "Shaded: intervals of the median and the 99th percentile." in said.caption


def test_from_one_block_a_tail_is_not_shown(single: Run) -> None:
    percentiles = latency_against_load(single)
    values = percentiles.set_index("percentile")["latency_ms"]

    assert percentiles["samples"].min() > 10_000
    assert isnan(values[99])
    assert values[[50, 90]].notna().all()
    assert "p99" not in words_of_latency(percentiles, 0).alt
    assert percentiles_table(percentiles).cells()[0][5] == "–"


def test_the_figure_draws_the_interval_of_a_tail(many: Run) -> None:
    percentiles = latency_against_load(many)
    tail = percentiles.set_index("percentile").loc[99]
    (axes,) = against_load_figure(many, percentiles).figure.axes
    drawn = [tuple(segment[:, 1]) for lines in axes.collections for segment in lines.get_segments()]

    assert (tail["low"], tail["high"]) in drawn


def test_an_axis_of_many_decades_has_ticks(many: Run) -> None:
    percentiles = latency_against_load(many)
    far = percentiles["percentile"] == 99
    widened = percentiles.assign(high=percentiles["high"].where(~far, 9e6))
    figure = against_load_figure(many, widened).figure
    figure.canvas.draw()
    (axes,) = figure.axes

    low, high = axes.get_ylim()
    assert sum(low <= tick <= high for tick in axes.get_yticks()) >= 3


def test_tails_of_connections_have_intervals_or_are_not_shown(tmp_path) -> None:
    run = synthetic_run(tmp_path, TRUTH, loads=(HELD,), window_s=0.5)
    table = connections(run)
    known = {"p99_ms": 47.8, "p99_low": 36.0, "p99_high": 63.0}
    (few,), (many_requests,) = (
        held_table(each, 100.0).cells() for each in (table, table.assign(**known))
    )

    assert {"p99_low", "p99_high", "opening_p99_low", "opening_p99_high"} <= set(table.columns)
    assert few[9] == "–"
    assert many_requests[9] == "48 (36–63)"


def test_upstreams_show_no_tail_without_an_interval(tmp_path) -> None:
    run = synthetic_run(tmp_path, TRUTH, scenarios=("dashboard",), window_s=0.2)

    assert not any("99" in name for name in upstreams_table(run).columns.values())


def test_the_rule_for_tails_is_stated() -> None:
    assert "The 99th is only shown with its interval" in percentile_rule_text().text
    assert "From p99 on, a percentile is only shown with its interval" in percentiles_text().text
