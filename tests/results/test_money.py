"""What a million requests cost, and how many cores a load needs."""

from dataclasses import replace
from math import ceil, floor
from pathlib import Path

import pandas as pd
import pytest

from tests.synthetic_run import CLOSED, LATE, OPEN, Truth, synthetic_run
from webtrial.results.choosing.money import cores_needed, million_requests
from webtrial.results.choosing.tables import cores_table, money_table
from webtrial.results.choosing.text import money_text
from webtrial.results.cost.estimate import cost_table
from webtrial.run.records import Load, Trial
from webtrial.run.store import Run
from webtrial.stats.in_time import rates_in_time

TRUTH = Truth({"django": 50.0, "fastapi": 10.0}, cpu_ms={"django": 3.6, "fastapi": 0.36})
FASTER = Load("open", rate_per_s=900.0)
LIMIT_MS = 100.0
SCENARIOS = ("user_detail", "dashboard")


@pytest.fixture(scope="module")
def priced(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("priced")
    loads = (CLOSED, OPEN, FASTER)
    return synthetic_run(folder, TRUTH, scenarios=SCENARIOS, loads=loads, window_s=2)


@pytest.fixture(scope="module")
def bounded(priced: Run) -> Run:
    """The same, but Django does not serve the higher rate of a user detail."""

    def missing(trial: Trial) -> Trial:
        planned, counts = trial.planned, trial.counts
        is_it = (planned.stack, planned.scenario, planned.load) == (
            "django",
            "user_detail",
            FASTER,
        )
        more = replace(counts, scheduled=counts.scheduled + 300, dropped=300)
        return replace(trial, counts=more) if is_it else trial

    other = Run(priced.path, priced.manifest)
    other.__dict__["trials"] = tuple(map(missing, priced.trials))
    return other


def test_a_million_requests_of_3_6_ms_take_an_hour(priced: Run) -> None:
    table = million_requests(priced, 1.0).set_index(["scenario", "load", "stack"])
    place = ("user_detail", "100 users", "django")

    assert table.loc[place, "service_h"] == pytest.approx(1.0, rel=0.05)
    assert table.loc[place, "database_h"] == pytest.approx(0.12 / 3.6, rel=0.05)
    assert table.loc[("dashboard", *place[1:]), "upstreams_h"] == pytest.approx(0.05 / 3.6, rel=0.1)


def test_hours_are_those_of_the_cost_table_with_its_intervals(priced: Run) -> None:
    costs, table = cost_table(priced), million_requests(priced, 1.0)

    for hours, ms in (("total_h", "total_ms"), ("low", "low"), ("high", "high")):
        assert table[hours].tolist() == pytest.approx((costs[ms] / 3.6).tolist())


def test_the_price_is_that_of_all_hours(priced: Run) -> None:
    table = million_requests(priced, 0.04)

    assert table["price"].tolist() == pytest.approx((0.04 * table["total_h"]).tolist())
    assert table["price_high"].tolist() == pytest.approx((0.04 * table["high"]).tolist())


def test_what_was_not_observed_is_in_no_sum_and_said(priced: Run) -> None:
    trials = [replace(t, cost=replace(t.cost, database_cpu_s=None)) for t in priced.trials]
    blind = Run(priced.path, priced.manifest)
    blind.__dict__["trials"] = tuple(trials)
    table = million_requests(blind, 1.0)

    assert table["database_h"].isna().all()
    assert table["total_h"].notna().all()
    assert "–" in money_table(table, 1.0).text()


def test_cores_are_copies_of_what_one_service_serves_in_time(bounded: Run) -> None:
    served = rates_in_time(bounded, LIMIT_MS).set_index(["scenario", "stack"])
    table = cores_needed(bounded, 5000.0, LIMIT_MS).set_index(["scenario", "stack"])

    for place, rates in served.iterrows():
        assert table.loc[place, "copies_high"] == ceil(5000 / rates["rate_per_s"])
        assert table.loc[place, "cores_high"] == table.loc[place, "copies_high"]
    django = table.loc["user_detail", "django"]
    assert (django["per_s"], django["missed_per_s"]) == (200, 900)
    assert django["copies_low"] == floor(5000 / 900) + 1
    assert table["copies_low"].isna().tolist() == [False, True, True, True]


def test_a_rate_that_a_copy_does_not_serve_is_shared_by_one_copy_more(bounded: Run) -> None:
    table = cores_needed(bounded, 1800.0, LIMIT_MS).set_index(["scenario", "stack"])

    assert table.loc[("user_detail", "django"), "copies_low"] == 3  # not 1,800 / 900


def test_between_which_numbers_the_cores_lie_is_shown(bounded: Run) -> None:
    shown = cores_table(cores_needed(bounded, 5000.0, LIMIT_MS), 5000.0, LIMIT_MS)

    assert [row[1:4] for row in shown.cells()] == [
        ["Django", "200–900", "6–25"],
        ["FastAPI", "≥ 900", "≤ 6"],
        ["Django", "≥ 900", "≤ 6"],
        ["FastAPI", "≥ 900", "≤ 6"],
    ]
    assert "99 % of them answered within 100 ms" in shown.caption
    none = cores_table(cores_needed(bounded, 5000.0, 0.1), 5000.0, 0.1)
    assert none.cells()[0][1:4] == ["Django", "under 200", "≥ 26"]


def test_closed_loads_need_no_cores(tmp_path: Path) -> None:
    closed = synthetic_run(tmp_path, TRUTH, loads=(CLOSED,), window_s=2)

    assert cores_needed(closed, 1000.0, 10_000.0).empty


def test_busy_cores_follow_from_the_cpu_time_of_a_request(priced: Run) -> None:
    row = cores_needed(priced, 1000.0, 100.0).set_index(["scenario", "stack"]).loc["user_detail"]

    assert row.loc["django", "busy_cores"] == pytest.approx(3.6, rel=0.05)
    assert row.loc["fastapi", "busy_cores"] == pytest.approx(0.36, rel=0.05)
    assert row.loc["django", "database_cores"] == pytest.approx(0.12, rel=0.05)


def test_a_service_of_more_processes_takes_as_many_cores_a_copy(priced: Run) -> None:
    parameters = priced.manifest.parameters.model_copy(update={"server_processes": 2})
    doubled = Run(priced.path, priced.manifest.model_copy(update={"parameters": parameters}))

    one, two = (cores_needed(run, 5000.0, 100.0)["cores_high"] for run in (priced, doubled))
    assert two.tolist() == (2 * one).tolist()


def test_no_cores_are_enough_where_nothing_was_in_time(priced: Run) -> None:
    table = cores_needed(priced, 1000.0, 0.1)

    assert table["cores_high"].isna().all()
    assert table["busy_cores"].notna().all()


def test_a_run_with_too_few_requests_says_so(tmp_path: Path) -> None:
    few = synthetic_run(tmp_path, TRUTH, loads=(Load("open", rate_per_s=50.0),), blocks=1)
    shown = cores_table(cores_needed(few, 1000.0, 100.0), 1000.0, 100.0)

    assert "enough requests to decide which rates are served within 100 ms" in shown.text


def test_a_run_without_a_trial_that_counts_has_no_price(tmp_path: Path) -> None:
    verdicts = {(1, name): [LATE] for name in TRUTH.median_ms}
    run = synthetic_run(tmp_path, replace(TRUTH, verdicts=verdicts), blocks=1)
    table = million_requests(run, 1.0)

    assert isinstance(table, pd.DataFrame)
    assert "did not observe" in money_table(table, 1.0).text
    assert money_text(table).text == ""


def test_the_sentence_names_the_dearest_and_the_cheapest(priced: Run) -> None:
    said = money_text(million_requests(priced, 1.0)).text

    assert said.startswith("The largest difference is in user detail: a million requests cost 1.0")
    assert "with Django" in said
    assert "with FastAPI" in said
