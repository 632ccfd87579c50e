"""Shares of a pilot's rate: the share of what a stack reached later is computed and said."""

from dataclasses import replace

import pytest

from tests.synthetic_run import CLOSED, OPEN, OWN, Truth, synthetic_run
from webtrial.results.capacity.pilot_shares import pilot_shares
from webtrial.results.capacity.pilot_shares_text import pilot_shares_table, pilot_shares_text
from webtrial.run.records import Load
from webtrial.run.store import Run
from webtrial.stats.trials import trials_table

LOADS = (CLOSED, Load("closed", users=10), OPEN, OWN)


@pytest.fixture(scope="module")
def own_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    truth = Truth({"flask": 50.0, "fastapi": 10.0}, drift=0.3)
    run = synthetic_run(tmp_path_factory.mktemp("own"), truth, loads=LOADS, pilot=True)
    capacities = {"user_detail": {"flask": 1900.0}}
    return replace(run, manifest=run.manifest.model_copy(update={"capacities_per_s": capacities}))


def test_a_share_is_the_offered_rate_over_what_was_reached_in_the_same_block(own_run):
    shares = pilot_shares(own_run).set_index("stack")
    trials = trials_table(own_run).query("role == 'measure' and stack == 'flask'")
    reached = trials.query("load_kind == 'closed'")
    rate_per_s = 0.8 * 100_000 / 50.0  # what the synthetic run offers
    own = rate_per_s / reached["throughput_per_s"]

    assert shares["load"].unique().tolist() == ["80 % of pilot"]
    assert shares.loc["flask", "rate_per_s"] == rate_per_s
    assert shares.loc["flask", "pilot_per_s"] == 1900.0
    assert shares["pilot_per_s"].isna().tolist() == [False, True]
    assert shares.loc["flask", "smallest"] == pytest.approx(own.min())
    assert shares.loc["flask", "largest"] == pytest.approx(own.max())
    assert shares.loc["flask", "reached_most_per_s"] == reached["throughput_per_s"].max()
    assert shares.loc["flask", "blocks"] == 3


def test_the_text_states_the_range_that_was_reached(own_run):
    shares = pilot_shares(own_run)
    said = pilot_shares_text(shares).text
    low, high = shares["smallest"].min(), shares["largest"].max()

    assert f"*80 % of pilot* was {low:.2f} to {high:.2f} of the rate that the same stack" in said
    assert low < 0.75
    assert high > 0.85


def test_the_table_has_a_column_for_the_share_that_was_reached(own_run):
    table = pilot_shares_table(pilot_shares(own_run))

    assert table.columns["of_that"] == "share of that"
    assert all(" to " in row[6] for row in table.cells())


def test_without_such_loads_nothing_is_said(one_block):
    shares = pilot_shares(one_block)

    assert shares.empty
    assert pilot_shares_text(shares).text == ""
    assert pilot_shares_table(shares).text == ""
