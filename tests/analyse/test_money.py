"""What a million requests cost, and how many cores a load needs."""

from dataclasses import replace
from math import ceil
from pathlib import Path

import pandas as pd
import pytest

from tests.synthetic_run import CLOSED, LATE, OPEN, Truth, synthetic_run
from webtrial.analyse.in_time import served_in_time
from webtrial.analyse.money import cores_needed, million_requests
from webtrial.analyse.work import cost_table
from webtrial.publish.sentences_of_choosing import money_in_words
from webtrial.publish.tables_of_choosing import cores_as_table, money_as_table
from webtrial.records import Load
from webtrial.runs import Run

TRUTH = Truth({"django": 50.0, "fastapi": 10.0}, cpu_ms={"django": 3.6, "fastapi": 0.36})
SCENARIOS = ("user_detail", "dashboard")


@pytest.fixture(scope="module")
def priced(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("priced")
    return synthetic_run(folder, TRUTH, scenarios=SCENARIOS, loads=(CLOSED, OPEN), window_s=2)


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
    assert "–" in money_as_table(table, 1.0).text()


def test_cores_are_copies_of_what_one_service_serves_in_time(priced: Run) -> None:
    served = served_in_time(priced, 100.0).set_index(["scenario", "stack"])["per_s"]
    table = cores_needed(priced, 5000.0, 100.0).set_index(["scenario", "stack"])

    for place, per_s in served.items():
        assert table.loc[place, "copies"] == ceil(5000 / per_s)
        assert table.loc[place, "service_cores"] == table.loc[place, "copies"]


def test_busy_cores_follow_from_the_cpu_time_of_a_request(priced: Run) -> None:
    row = cores_needed(priced, 1000.0, 100.0).set_index(["scenario", "stack"]).loc["user_detail"]

    assert row.loc["django", "busy_cores"] == pytest.approx(3.6, rel=0.05)
    assert row.loc["fastapi", "busy_cores"] == pytest.approx(0.36, rel=0.05)
    assert row.loc["django", "database_cores"] == pytest.approx(0.12, rel=0.05)


def test_a_service_of_more_processes_takes_as_many_cores_a_copy(priced: Run) -> None:
    parameters = priced.manifest.parameters.model_copy(update={"server_processes": 2})
    doubled = Run(priced.path, priced.manifest.model_copy(update={"parameters": parameters}))

    one, two = (cores_needed(run, 5000.0, 100.0)["service_cores"] for run in (priced, doubled))
    assert two.tolist() == (2 * one).tolist()


def test_no_cores_are_enough_where_nothing_was_in_time(priced: Run) -> None:
    table = cores_needed(priced, 1000.0, 0.1)

    assert table["service_cores"].isna().all()
    assert table["busy_cores"].notna().all()


def test_a_run_with_too_few_requests_says_so(tmp_path: Path) -> None:
    few = synthetic_run(tmp_path, TRUTH, loads=(Load("open", rate_per_s=50.0),), blocks=1)
    shown = cores_as_table(cores_needed(few, 1000.0, 100.0), 1000.0, 100.0)

    assert "enough requests to tell" in shown.text


def test_a_run_without_a_trial_that_counts_has_no_price(tmp_path: Path) -> None:
    verdicts = {(1, name): [LATE] for name in TRUTH.median_ms}
    run = synthetic_run(tmp_path, replace(TRUTH, verdicts=verdicts), blocks=1)
    table = million_requests(run, 1.0)

    assert isinstance(table, pd.DataFrame)
    assert "did not observe" in money_as_table(table, 1.0).text
    assert money_in_words(table).text == ""


def test_the_sentence_names_the_dearest_and_the_cheapest(priced: Run) -> None:
    said = money_in_words(million_requests(priced, 1.0)).text

    assert said.startswith("The largest difference is in user detail: a million requests cost 1.0")
    assert "with Django" in said
    assert "with FastAPI" in said
