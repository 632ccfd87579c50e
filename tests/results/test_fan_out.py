"""Fan-out: samples of a known formula and known costs beyond it."""

import pytest

from tests.synthetic_run import CLOSED, STOLEN, Truth, synthetic_run
from webtrial.results.cost.estimate import cost_table
from webtrial.results.dashboard.text import at_once_text
from webtrial.results.fan_out import fan_out
from webtrial.results.fan_out.estimate import (
    break_even_delays,
    median_ratios,
    overhead,
    pairs_in_turn,
    response_times,
)
from webtrial.results.fan_out.text import _break_even, figure_text
from webtrial.results.latency.estimate import latency_against_load
from webtrial.stats.estimates import throughput_table
from webtrial.stats.histogram import RESOLUTION
from webtrial.stats.pairs import Pair, pairs_differing_only_in
from webtrial.stats.ratios import ratio_table
from webtrial.stats.trials import latencies, measured, trials_table

ASKING_MS = {"django": 1.4, "django-fan-out": 2.5, "flask": 1.0, "flask-fan-out": 2.0}
STACKS = (*ASKING_MS, "fastapi", "fastapi-in-turn", "fastapi-aiohttp")


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    truth = Truth(dict.fromkeys(STACKS, 10.0), noise=0.001, asking_ms=ASKING_MS)
    scenarios = ("fan_out", "user_detail")
    return synthetic_run(tmp_path_factory.mktemp("asked"), truth, scenarios=scenarios, window_s=8)


@pytest.fixture(scope="module")
def table(asked):
    return response_times(asked)


def test_medians_are_those_of_the_requests_of_a_kind(asked, table):
    requests = latencies(asked, measured(trials_table(asked)).query("scenario == 'fan_out'"))
    kind = requests[(requests["stack"] == "flask") & (requests["kind"] == "4 × 50 ms")]
    row = table.query("stack == 'flask' and count == 4 and delay_ms == 50").iloc[0]

    assert row["median_ms"] == pytest.approx(kind["latency_ms"].median(), rel=RESOLUTION)
    assert row["samples"] == len(kind) > 0
    assert row["low"] <= row["median_ms"] <= row["high"]
    assert len(table) == len(STACKS) * 4 * 4


def test_the_formula_follows_how_the_stack_calls_sources(table):
    shape = table.query("count == 4 and delay_ms == 50").set_index("stack")

    assert shape["formula_ms"].to_dict() == {
        "django": 200,
        "flask": 200,
        "fastapi-in-turn": 200,
        "django-fan-out": 50,
        "flask-fan-out": 50,
        "fastapi": 50,
        "fastapi-aiohttp": 50,
    }
    assert shape["overhead_ms"]["django"] == pytest.approx(1 + 4 * 1.4, abs=0.3)


def test_the_overhead_per_source_is_recovered(table):
    costs = overhead(table).set_index("stack")

    assert (costs["low"] < costs["per_source_ms"]).all()
    assert (costs["per_source_ms"] < costs["high"]).all()
    for stack in STACKS:
        known_ms = ASKING_MS.get(stack, 1.0)
        assert costs.loc[stack, "per_source_ms"] == pytest.approx(known_ms, abs=0.05)
        assert costs.loc[stack, "base_ms"] == pytest.approx(1, abs=0.2)


def test_calling_at_once_becomes_faster_between_two_measured_delays(asked):
    ratios = median_ratios(asked, pairs_in_turn(asked))
    found = break_even_delays(ratios).set_index(["stack", "count"])

    assert len(found) == 3 * 3
    assert (found["quicker_from_ms"] == 10).all()
    assert (found["not_below_ms"] == 0).all()
    for count in (2, 4, 8):  # at a delay of 0: 1 + 2.5 k over 1 + 1.4 k
        slower = found.loc[("django-fan-out", count)]
        assert slower["ratio"] == pytest.approx((1 + 2.5 * count) / (1 + 1.4 * count), rel=0.02)
        assert slower["verdict"] == "higher"
        assert found.loc[("fastapi", count), "verdict"] == "inconclusive"


def test_if_calling_at_once_is_always_faster_no_shorter_delay_is_named(asked):
    ratios = median_ratios(asked, pairs_in_turn(asked))
    longer = break_even_delays(ratios[ratios["delay_ms"] > 0])
    never = break_even_delays(ratios[ratios["delay_ms"] == 0])

    assert (longer["quicker_from_ms"] == 10).all()
    assert longer["not_below_ms"].isna().all()
    assert (longer["verdict"] == "").all()
    assert never["quicker_from_ms"].isna().all()
    assert _break_even(longer).cells()[0][2:] == ["10", "10", "10"]
    assert _break_even(never).cells()[0][2].startswith("– (0: 1.")


def test_the_table_gives_the_ratio_where_calling_at_once_is_not_faster(asked):
    table = fan_out(asked).table("break_even")
    rows = {row[0]: row[2:] for row in table.cells()}

    assert rows["Django, fan-out"][1].startswith("10 (0: 1.667 (1.66")
    assert not rows["Django, fan-out"][1].endswith("?)")
    assert all(cell.endswith("?)") for cell in rows["FastAPI"])


def test_suspect_trials_decide_no_ratio(tmp_path):
    names = ("fastapi", "fastapi-in-turn")
    verdicts = {(block, "fastapi", "fan_out"): [STOLEN] for block in (1, 2)}
    truth = Truth(dict.fromkeys(names, 10.0), noise=0.001, verdicts=verdicts)
    run = synthetic_run(tmp_path, truth, scenarios=("fan_out",), blocks=4, window_s=8)
    ratios = median_ratios(run, pairs_in_turn(run))

    assert set(ratios["blocks"]) == {4}
    assert set(ratios["blocks_untouched"]) == {2}
    assert set(ratios["verdict"]) == {"inconclusive"}


def test_pairs_differ_only_in_how_they_call_sources(asked):
    pairs = {(pair.stack, pair.baseline) for pair in pairs_differing_only_in(asked, "sources")}

    assert pairs == {
        ("django-fan-out", "django"),
        ("flask-fan-out", "flask"),
        ("fastapi", "fastapi-in-turn"),
    }
    clients = pairs_differing_only_in(asked, "http_client")
    assert [(pair.stack, pair.baseline) for pair in clients] == [("fastapi-aiohttp", "fastapi")]


def test_ratios_are_of_medians_with_the_same_sources(asked, table):
    pairs = [Pair("flask", "fastapi", "variant")]
    ratios = median_ratios(asked, pairs).set_index(["count", "delay_ms"])
    medians = table.set_index(["stack", "count", "delay_ms"])["median_ms"]

    assert ratios.loc[(4, 100), "ratio"] == pytest.approx(
        medians["flask", 4, 100] / medians["fastapi", 4, 100]
    )
    assert ratios.loc[(4, 100), "ratio"] == pytest.approx(405 / 105, rel=0.01)
    assert ratios.loc[(1, 100), "ratio"] == pytest.approx(1, rel=0.01)
    assert (ratios["blocks"] == 3).all()


def test_the_text_compares_the_articles_factor_with_thread_pools(asked):
    said = fan_out(asked).text().text

    assert "4 sources take 4 times as long" in said
    assert "Flask 3.0 to 3.9 times; Flask, fan-out 1.0 to 1.3 times" in said


def test_the_title_states_the_delays_at_which_calling_at_once_is_faster_and_slower(asked, table):
    said = figure_text(table, median_ratios(asked, pairs_in_turn(asked)))

    assert said.title == (
        "Calling 2 to 8 sources of 10 to 100 ms at once is 1.5 to 7.4 times as fast as in turn; at"
        " 0 ms it takes 1.6 to 1.9 times as long with Django, fan-out (2, 4 and 8 sources) and"
        " Flask, fan-out (2, 4 and 8 sources), otherwise undecided"
    )
    assert "4 × 50 ms 210" in said.alt


def test_the_title_without_a_delay_at_which_it_is_faster_says_so(asked, table):
    ratios = median_ratios(asked, pairs_in_turn(asked))
    at_once = ratios[(ratios["delay_ms"] == 0) & (ratios["stack"] == "fastapi")]

    assert figure_text(table, at_once).title == (
        "Calling sources at once instead of in turn: at 0 ms neither is shown to be faster"
    )


def test_the_title_without_a_pair_states_the_times_at_the_longest_delay(asked, table):
    pairs = median_ratios(asked, [])

    assert figure_text(table, pairs).title == (
        "A request that calls 8 sources of 100 ms takes 8.1 times this delay in turn and 1.1 to 1.2"
        " times this delay at once"
    )


def test_the_title_of_one_block_says_that_nothing_is_decided(tmp_path):
    truth = Truth({"fastapi": 10.0, "fastapi-in-turn": 10.0})
    run = synthetic_run(tmp_path, truth, scenarios=("fan_out",), blocks=1, window_s=8)
    said = figure_text(response_times(run), median_ratios(run, pairs_in_turn(run)))

    assert said.title.startswith("Calling 2 to 8 sources")
    assert said.title.endswith("(one block: no interval, no verdict)")


def test_one_request_at_a_time_is_not_compared_with_other_loads(asked):
    tables = (
        ratio_table(asked),
        throughput_table(asked),
        latency_against_load(asked),
        cost_table(asked),
    )

    for each in tables:
        assert set(each["scenario"]) == {"user_detail"}
        assert set(each["load"]) == {str(CLOSED)}


def test_a_run_without_fan_out_has_no_rows_of_it(one_block):
    found = fan_out(one_block)

    assert found.data.empty
    assert found.overhead.empty
    assert found.break_even.empty


def test_the_dashboard_text_gives_the_effect_of_a_thread_pool_under_load(tmp_path):
    costs = {"flask": 4.0, "flask-fan-out": 6.0, "fastapi": 2.0, "fastapi-in-turn": 2.0}
    medians = {"flask": 40.0, "flask-fan-out": 80.0, "fastapi": 20.0, "fastapi-in-turn": 20.0}
    truth = Truth(medians, noise=0.001, cpu_ms=costs)
    run = synthetic_run(tmp_path, truth, scenarios=("dashboard",))
    said = at_once_text(run, ratio_table(run, pairs_differing_only_in(run, "sources"))).text

    assert said.startswith(
        "Dashboard at 100 users, ratios of calling upstreams at once to calling them in turn. With"
        " a pool of threads in each request: Flask 1.5"
    )
    assert "With an event loop: FastAPI 1.0" in said
    flask, _ = said.split("With an event loop")
    assert "times the CPU time of the service per request, 0.49" in flask
    assert "times the requests per second and 2.0" in flask
    assert "the interval covers 1" not in flask


def test_the_effect_of_calling_at_once_is_omitted_without_such_stacks(ratios, run):
    assert at_once_text(run, ratios).text == ""


def test_the_effect_of_calling_at_once_has_no_verdict_from_one_block(tmp_path):
    truth = Truth({"flask": 40.0, "flask-fan-out": 80.0})
    run = synthetic_run(tmp_path, truth, scenarios=("dashboard",), blocks=1)
    said = at_once_text(run, ratio_table(run, pairs_differing_only_in(run, "sources"))).text

    assert said.count("no verdict") == 1
