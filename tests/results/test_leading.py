"""What the first screen says: all pairs as deployed, all matched ones, the dashboard's cause."""

import re

import pytest

from tests.synthetic_run import ALONE, CLOSED, CROSSED, OPEN, Truth, synthetic_run
from webtrial.results.dashboard.finding import dashboard_finding
from webtrial.results.dashboard.ratios import client_decides, dashboard_ratios
from webtrial.results.dashboard.text import dashboard_text
from webtrial.results.overview.key_findings import ratio_findings
from webtrial.results.overview.tables import matched_table
from webtrial.results.overview.text import answer_text
from webtrial.stats.ratios import ratio_table

CROSSED_MEDIANS = {
    "django": 85.0,
    "flask": 55.0,
    "fastapi": 12.0,
    "flask-raw-plain": 30.0,
    "django-raw": 36.0,
    "fastapi-psycopg-plain": 20.0,
    "fastapi-orm-psycopg": 60.0,
}


@pytest.fixture(scope="module")
def crossed(tmp_path_factory):
    return synthetic_run(tmp_path_factory.mktemp("crossed"), Truth(CROSSED_MEDIANS))


def _finding(run, name):
    texts = ratio_findings(run, ratio_table(run))
    return next((text for text in texts if text.startswith(f"**{name}.**")), "")


def test_as_deployed_names_load_data_access_and_every_pair(crossed):
    said = _finding(crossed, "As deployed")

    assert "At 100 users (Django and Flask with an ORM, FastAPI with raw SQL)" in said
    for above, below in (("FastAPI", "Flask"), ("FastAPI", "Django"), ("Flask", "Django")):
        assert re.search(rf"\*\*{above}\*\* served \S+ times .* of \*\*{below}\*\*", said)
    assert "FastAPI / Flask and FastAPI / Django also differ in data access" in said


def test_matched_pairs_range_from_the_smallest_ratio_to_the_largest(crossed):
    said = _finding(crossed, "Matched")

    assert re.search(
        r"\*\*FastAPI\*\* served from 0\.\d\S* \(\S+\) times the requests per second of"
        r" \*\*Flask\*\* with an ORM and a serialiser to 1\.\d\S* \(\S+\) times with raw SQL and"
        r" no serialiser\.",
        said,
    )
    assert re.search(r"of \*\*Django\*\* with an ORM and a serialiser to 1\.\d", said)
    assert "Some pairs also differ in" in said


def test_every_matched_pair_stands_in_the_table_whether_it_is_won_or_lost(crossed):
    table = matched_table(crossed, ratio_table(crossed))
    cells = {tuple(row[:2]): row[2:] for row in table.cells()}

    assert list(table.frame.columns[2:]) == [
        "FastAPI / Flask",
        "FastAPI / Django",
        "Flask / Django",
    ]
    with_orm = cells["ORM with serialiser", "each as deployed"]
    plain = cells["raw SQL without serialiser", "each as deployed"]
    assert [cell[0] for cell in with_orm] == ["0", "1", "1"]
    assert [cell[0] for cell in plain] == ["1", "1", "1"]


def test_an_undecided_pair_is_called_undecided(tmp_path):
    run = synthetic_run(tmp_path, Truth({"django": 20.0, "flask": 20.0}, noise=0.2))

    assert "undecided" in _finding(run, "As deployed")


def test_one_block_gives_no_verdict(one_block):
    for text in ratio_findings(one_block, ratio_table(one_block)):
        assert "One block: no interval, no verdict." in text
    assert "95 %" not in answer_text(one_block, ratio_table(one_block)).text


def test_the_finding_of_a_pair_includes_its_failures(tmp_path):
    medians = {name: CROSSED_MEDIANS[name] for name in ("flask", "fastapi", "fastapi-orm-psycopg")}
    run = synthetic_run(tmp_path, Truth(medians, refused=0.05))

    assert re.search(r" \d\S+ % of FastAPI's requests failed", _finding(run, "As deployed"))
    assert re.search(
        r" \d\S+ % of FastAPI \(ORM, psycopg\)'s requests failed", _finding(run, "Matched")
    )


WITH_HTTPX = {"django": 20.0, "flask": 20.0, "fastapi": 30.0}


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    """At saturation FastAPI is slower with httpx and faster with aiohttp."""
    medians = WITH_HTTPX | {"fastapi-aiohttp": 8.0}
    loads = (CLOSED, OPEN)
    folder = tmp_path_factory.mktemp("clients")
    return synthetic_run(folder, Truth(medians), scenarios=("dashboard",), loads=loads)


def test_the_articles_factor_is_compared_with_response_times(clients):
    said = dashboard_finding(dashboard_ratios(clients), CROSSED)

    assert said.startswith("According to the article, sources called in turn take 4 times as long.")
    assert re.search(
        r"At 200/s the median response took 0\.\d\S* \(\S+\) times as long with \*\*Django\*\*",
        said,
    )


def test_throughput_at_saturation_names_each_client_in_one_sentence(clients):
    rows = dashboard_ratios(clients)
    said = dashboard_finding(rows, CROSSED)

    assert client_decides(rows)
    assert re.search(
        r"At 100 users the HTTP client in the service decides: \*\*FastAPI\*\* served with httpx"
        r" 0\.\d[^.]*\.[^;]*; with aiohttp 2\.\d",
        said,
    )
    assert "httpcore#1103" in dashboard_text(clients).text


def test_a_single_client_does_not_decide(tmp_path):
    run = synthetic_run(tmp_path, Truth(WITH_HTTPX), scenarios=("dashboard",))
    rows = dashboard_ratios(run)

    assert not client_decides(rows)
    assert "decides" not in dashboard_finding(rows, CROSSED)


def test_few_users_come_before_many(tmp_path):
    run = synthetic_run(
        tmp_path, Truth(WITH_HTTPX), scenarios=("dashboard",), loads=(ALONE, CLOSED)
    )
    said = dashboard_finding(dashboard_ratios(run), CROSSED)

    assert said.index("At 1 user") < said.index("At 100 users")


def test_a_run_without_a_dashboard_says_nothing_of_it(crossed):
    assert _finding(crossed, "Dashboard") == ""
    assert dashboard_text(crossed).text.startswith("No stack of this run calls")
