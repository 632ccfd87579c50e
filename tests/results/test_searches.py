"""Searches by selectivity: which frameworks converge and which differ."""

import pytest

from tests.synthetic_run import Truth, synthetic_run
from webtrial.results.search.estimate import search_ratios, search_spread
from webtrial.results.search.text import spread_text
from webtrial.stats.histogram import RESOLUTION
from webtrial.stats.pairs import pairs_differing_only_in
from webtrial.stats.trials import latencies, measured, trials_table

MEDIANS = {"django": 60.0, "flask": 55.0, "fastapi": 20.0}
WITHOUT = {"flask-no-index": 80.0, "fastapi-no-index": 76.0}


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    truth = Truth(MEDIANS | WITHOUT | {"fastapi-gather": 22.0})
    return synthetic_run(tmp_path_factory.mktemp("searched"), truth, scenarios=("product_search",))


def test_the_spread_is_the_slowest_frameworks_median_over_the_fastests(searched):
    table = search_spread(searched)
    requests = latencies(searched, measured(trials_table(searched)))
    medians = requests.groupby(["stack", "kind"], observed=True)["latency_ms"].median()
    row = table.query("index and kind == 'rare'").iloc[0]

    assert table["kind"].tolist() == 2 * ["common", "middling", "rare"]
    assert (row["fastest"], row["slowest"], row["frameworks"]) == ("FastAPI", "Django", 3)
    expected = medians["django", "rare"] / medians["fastapi", "rare"]
    assert row["ratio"] == pytest.approx(expected, rel=2 * RESOLUTION)
    assert row["low"] < row["ratio"] < row["high"]


def test_frameworks_with_similar_medians_have_converged(searched):
    table = search_spread(searched)

    assert not table.loc[table["index"], "together"].any()
    assert table.loc[~table["index"], "together"].all()
    assert table.loc[~table["index"], "fastest"].isin(["FastAPI, no index"]).all()
    said = spread_text(table).text
    assert "With the trigram index, they differ by a factor of 3." in said
    assert "Without the trigram index, they converge for common, middling and rare words." in said


def test_the_index_is_compared_with_its_absence_stack_by_stack(searched):
    table = search_ratios(searched, pairs_differing_only_in(searched, "after_clone"))
    pairs = table[["stack", "baseline"]].drop_duplicates().to_numpy().tolist()

    assert pairs == [["flask-no-index", "flask"], ["fastapi-no-index", "fastapi"]]
    rare = table[(table["stack"] == "fastapi-no-index") & (table["kind"] == "rare")]
    assert rare["ratio"].item() == pytest.approx(76 / 20, rel=0.1)


def test_queries_at_once_are_compared_with_queries_in_turn(searched):
    (pair,) = pairs_differing_only_in(searched, "searches")

    assert (pair.stack, pair.baseline) == ("fastapi-gather", "fastapi")


def test_without_searches_there_is_nothing(disturbed):
    assert search_spread(disturbed).empty
    assert search_ratios(disturbed, pairs_differing_only_in(disturbed, "after_clone")).empty
