"""What is chosen by hand: the same values as the tables of the whole run have."""

import pytest

from webtrial.errors import ParameterError
from webtrial.results.explorer.estimate import (
    STATISTICS,
    Selection,
    blocks_of,
    measured_cells,
    ratios_to_first,
    requests_of,
    selected,
    statistics_of,
    with_units,
)
from webtrial.results.latency.estimate import latency_against_load
from webtrial.stats.estimates import throughput_table
from webtrial.stats.ratios import ratio_table
from webtrial.stats.trials import trials_table

STACKS = ("django", "fastapi")
RATE = Selection("user_detail", "100 users", STACKS, "requests per second")
MEDIAN = Selection("user_detail", "200/s", STACKS, "median response time (ms)")


def _of(table, chosen):
    here = (table["scenario"] == chosen.scenario) & (table["load"] == chosen.load)
    return table[here & table["stack"].isin(chosen.stacks)].set_index("stack")


def test_a_rate_is_that_of_the_whole_table(run):
    chosen, whole = selected(run, RATE), _of(throughput_table(run), RATE)

    assert chosen["stack"].tolist() == list(STACKS)
    assert chosen["value"].tolist() == whole["value"].tolist()
    assert chosen["high"].tolist() == whole["high"].tolist()


def test_a_percentile_is_that_of_the_whole_table(run):
    chosen = selected(run, MEDIAN)
    whole = _of(latency_against_load(run).query("percentile == 50"), MEDIAN)

    assert chosen["value"].tolist() == whole["latency_ms"].tolist()
    assert chosen["low"].tolist() == whole["low"].tolist()
    assert chosen["invalid_blocks"].tolist() == [0, 0]


@pytest.mark.parametrize("name", STATISTICS)
def test_every_statistic_has_a_column_with_its_unit(run, name):
    chosen = Selection("user_detail", "100 users", STACKS, name)
    frame = with_units(selected(run, chosen), chosen)

    assert chosen.column.endswith(("_per_s", "_ms", "_ms_per_request", "_mib"))
    assert {chosen.column, f"{chosen.column}_low", f"{chosen.column}_high"} <= set(frame.columns)
    assert not {"value", "low", "high"} & set(frame.columns)


def test_an_open_load_sets_its_own_rate():
    assert "requests per second" in statistics_of("closed")
    assert "requests per second" not in statistics_of("open")


def test_an_unknown_statistic_is_refused_with_the_known_ones():
    with pytest.raises(
        ParameterError, match="unknown statistic 'p42'; known: requests per second, median"
    ):
        _ = Selection("user_detail", "100 users", STACKS, "p42").metric


@pytest.mark.parametrize("chosen", [RATE, MEDIAN])
def test_ratios_are_those_of_the_whole_table_with_its_noise_floor(run, chosen):
    metric = chosen.metric.name
    whole = ratio_table(run).query("stack == 'fastapi' and baseline == 'django'")
    whole = _of(whole[whole["metric"] == metric], chosen).loc["fastapi"]
    (row,) = ratios_to_first(run, chosen).to_dict("records")

    assert (row["stack"], row["baseline"]) == ("fastapi", "django")
    assert (row["ratio"], row["low"]) == pytest.approx((whole["ratio"], whole["low"]))
    assert row["floor"] == pytest.approx(whole["floor"])
    assert row["verdict"] == whole["verdict"]


def test_one_stack_has_no_ratio(run):
    alone = Selection("user_detail", "100 users", ("flask",), "requests per second")
    assert ratios_to_first(run, alone).empty


def test_blocks_are_those_that_count(disturbed):
    chosen = Selection("user_detail", "100 users", ("fastapi",), "requests per second")
    trials = trials_table(disturbed).query("final and role == 'measure'")
    expected = _of(trials, chosen)["throughput_per_s"]

    assert blocks_of(disturbed, chosen)["value"].tolist() == expected.tolist()
    assert "invalid" in blocks_of(disturbed, chosen)["verdict"].tolist()


def test_requests_are_a_row_each(run):
    trials = trials_table(run).query("used and role == 'measure'")
    requests = requests_of(run, RATE)

    assert (~requests["censored"]).sum() == _of(trials, RATE)["succeeded"].sum()
    assert requests["latency_ms"].min() > 0


def test_measured_cells_have_trials_that_count(disturbed):
    trials = trials_table(disturbed).query(
        "used and role == 'measure' and load_kind != 'persistent'"
    )
    expected = trials[["scenario", "load", "stack"]].drop_duplicates()
    found = measured_cells(disturbed)[["scenario", "load", "stack"]]

    assert set(found.itertuples(index=False)) == set(expected.itertuples(index=False))
