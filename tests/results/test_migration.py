"""Two frameworks at one address: what they cost beside each of the two, and that they stand in
nobody else's comparison."""

import pytest

from tests.synthetic_run import CLOSED, CROSSED, Truth, synthetic_run
from webtrial.results.attribution.paths import lattice_between
from webtrial.results.migration import migration
from webtrial.results.migration.estimate import (
    migration_costs,
    migration_ratios,
    pool_sizes,
)
from webtrial.results.migration.text import migration_text, ratios_table
from webtrial.results.validity.tables import budgets_table
from webtrial.run.records import Load
from webtrial.stats.matching import pairs_of

CPU_MS = {
    "django": 8.0,
    "django-with-fastapi": 2.0,
    "flask": 5.0,
    "flask-to-fastapi-half": 1.5,
    "flask-to-fastapi-end": 1.0,
    "fastapi": 1.0,
}
TOGETHER = [name for name in CPU_MS if len(CROSSED[name]["framework"].split(" and ")) > 1]
BUDGETS = {"database_connections": 16, "server_processes": 1}


def moving(folder, cpu_ms=CPU_MS, scenarios=("user_detail",), extra=("user_detail",), **truth):
    drawn = Truth({name: 10 * ms for name, ms in cpu_ms.items()}, cpu_ms=cpu_ms, **truth)
    return synthetic_run(
        folder,
        drawn,
        scenarios=scenarios,
        loads=(CLOSED, Load("closed", users=10)),
        extra_stacks=dict.fromkeys(extra, TOGETHER),
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return moving(tmp_path_factory.mktemp("moving"), scenarios=("user_detail", "crud"))


@pytest.fixture(scope="module")
def ratios(run):
    return migration_ratios(run)


def test_each_stands_over_both_frameworks_as_deployed(ratios):
    pairs = ratios[["stack", "baseline"]].drop_duplicates().to_numpy().tolist()
    assert pairs == [
        ["django-with-fastapi", "django"],
        ["django-with-fastapi", "fastapi"],
        ["flask-to-fastapi-half", "flask"],
        ["flask-to-fastapi-half", "fastapi"],
        ["flask-to-fastapi-end", "flask"],
        ["flask-to-fastapi-end", "fastapi"],
    ]


def test_they_are_compared_where_they_were_measured(ratios):
    assert ratios[["scenario", "load"]].drop_duplicates().to_numpy().tolist() == [
        ["user_detail", "100 users"]
    ]
    assert set(ratios["metric"]) == {"cpu", "throughput"}


def test_the_ratios_are_those_of_what_they_cost(ratios):
    for _, row in ratios[ratios["metric"] == "cpu"].iterrows():
        expected = CPU_MS[row["stack"]] / CPU_MS[row["baseline"]]
        assert row["ratio"] == pytest.approx(expected, rel=0.1)
        assert row["low"] < row["ratio"] < row["high"]


def test_costs_go_from_the_framework_that_is_left_to_the_one_that_is_reached(run, ratios):
    costs = migration_costs(run, ratios)
    assert costs.groupby("way", sort=False)["stack"].agg(list).to_dict() == {
        "Django to FastAPI": ["django", "django-with-fastapi", "fastapi"],
        "Flask to FastAPI": ["flask", "flask-to-fastapi-half", "flask-to-fastapi-end", "fastapi"],
    }
    for _, row in costs.iterrows():
        assert row["value"] == pytest.approx(CPU_MS[row["stack"]], rel=0.2)


def test_each_scenario_has_the_ways_that_were_measured_in_it(tmp_path):
    run = moving(tmp_path, scenarios=("crud", "user_detail"), extra=("crud", "user_detail"))
    costs = migration_costs(run, migration_ratios(run))
    assert costs[["scenario", "way"]].drop_duplicates().to_numpy().tolist() == [
        [scenario, way]
        for scenario in ("crud", "user_detail")
        for way in ("Django to FastAPI", "Flask to FastAPI")
    ]


def test_the_title_says_what_is_decided_and_what_is_not(tmp_path, run, ratios):
    title = migration(run).figure().title
    assert "Django with FastAPI 0.2" in title and "times that of Django;" in title
    assert "FastAPI, half 0." in title and title.endswith("times that of Flask")

    unclear = moving(tmp_path, noise=1.5)
    said = migration(unclear).figure().title
    assert "Django with FastAPI not shown to differ from Django" in said


def test_a_run_without_them_says_so_once(tmp_path):
    run = synthetic_run(tmp_path, Truth({"django": 80.0, "flask": 50.0, "fastapi": 10.0}))
    ratios = migration_ratios(run)
    assert ratios.empty
    assert "no stack in which two frameworks serve together" in migration(run).figure().text
    assert ratios_table(run, ratios).text == migration_text(run, ratios).text == ""


def test_a_run_with_one_end_of_the_way_has_that_alone(tmp_path):
    cpu_ms = {name: CPU_MS[name] for name in ("flask", "flask-to-fastapi-half")}
    run = moving(tmp_path, cpu_ms)
    ratios = migration_ratios(run)
    assert set(ratios["baseline"]) == {"flask"}
    assert migration_costs(run, ratios)["stack"].tolist() == ["flask", "flask-to-fastapi-half"]
    assert migration(run).figure().title.endswith("times that of Flask")


def test_the_text_gives_the_size_of_each_pool(run, ratios):
    run.manifest.budgets.update(BUDGETS)
    try:
        shares = pool_sizes(run)
        said = migration_text(run, ratios).text
        budgets = dict(budgets_table(run).frame.to_numpy().tolist())
    finally:
        run.manifest.budgets.clear()
    assert shares == {"django-with-fastapi": [4, 12], "flask-to-fastapi-half": [8, 8]}
    assert "Django with FastAPI 4 and 12; Flask to FastAPI, half 8 and 8" in said
    assert "Flask to FastAPI, half: users, products and catalog have moved." in said
    assert budgets["Django with FastAPI: connections per pool"] == "4, 12"


def test_no_other_comparison_has_them(run):
    compared = {name for pair in pairs_of(run) for name in (pair.stack, pair.baseline)}
    assert compared == {"django", "flask", "fastapi"}


@pytest.mark.parametrize("left", ["django", "flask"])
def test_no_path_of_an_attribution_leads_through_them(left):
    assert not set(lattice_between("fastapi", left, CROSSED).positions) & set(TOGETHER)
