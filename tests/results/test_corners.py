"""Corners: pairs of stacks that differ in the framework and in nothing that could be equal."""

from math import isnan

import pytest

from tests.synthetic_run import CROSSED, LATE, Truth, synthetic_run
from webtrial.results.attribution.corners import corner_pairs, corners
from webtrial.stats.pairs import Stacks
from webtrial.stats.trials import trials_table


def some(*names: str, **changed: dict[str, str]) -> Stacks:
    stacks = {name: CROSSED[name] for name in names}
    return stacks | {name: {**stacks[name], **axes} for name, axes in changed.items()}


def corner_axes(
    framework: str, baseline: str, stacks: Stacks
) -> list[tuple[str, str, tuple[str, ...]]]:
    pairs = corner_pairs(framework, baseline, stacks)
    return [(pair.stack, pair.baseline, pair.differs_in("user_detail")) for pair in pairs]


def test_a_pair_with_equal_concurrency_is_preferred() -> None:
    stacks = some(
        *("django-raw", "django-async-raw", "flask-raw-plain"),
        *("fastapi-psycopg-plain", "fastapi-threads-plain"),
    )

    assert corner_axes("FastAPI", "Django", stacks) == [
        ("fastapi-psycopg-plain", "django-async-raw", ()),
        ("fastapi-threads-plain", "django-raw", ("server",)),
    ]
    assert corner_axes("FastAPI", "Flask", stacks) == [
        ("fastapi-threads-plain", "flask-raw-plain", ("server",))
    ]


def test_concurrency_differs_where_no_pair_has_it_in_common() -> None:
    stacks = some("flask-raw-plain", "fastapi-psycopg-plain")

    assert corner_axes("FastAPI", "Flask", stacks) == [
        ("fastapi-psycopg-plain", "flask-raw-plain", ("concurrency", "server"))
    ]


def test_a_pair_with_an_equal_server_is_preferred() -> None:
    names = ("flask-raw-plain", "flask-raw", "fastapi-threads-plain")
    same = {"serialiser": "none", "server": "uvicorn"}

    assert corner_axes("FastAPI", "Flask", some(*names, **{"flask-raw": same})) == [
        ("fastapi-threads-plain", "flask-raw", ())
    ]


@pytest.mark.parametrize(
    "axes",
    [
        {"serialiser": "Pydantic"},
        {"driver": "asyncpg"},
        {"data_access": "ORM", "orm": "SQLAlchemy"},
        {"after_clone": ["DROP INDEX"]},
    ],
    ids=lambda axes: next(iter(axes)),
)
def test_stacks_that_differ_otherwise_form_no_corner(axes: dict[str, str]) -> None:
    names = ("flask-raw-plain", "fastapi-threads-plain")

    assert corner_axes("FastAPI", "Flask", some(*names)) != []
    assert corner_axes("FastAPI", "Flask", some(*names, **{"fastapi-threads-plain": axes})) == []


def test_stacks_that_ask_upstreams_differently_are_one_corner() -> None:
    stacks = some("flask-raw-plain", "fastapi-threads-plain", "fastapi-threads")
    stacks = {**stacks, "fastapi-threads": {**CROSSED["fastapi-threads-plain"], "sources": "x"}}

    assert corner_axes("FastAPI", "Flask", stacks) == [
        ("fastapi-threads-plain", "flask-raw-plain", ("server",))
    ]


def test_a_framework_has_no_corner_with_itself() -> None:
    assert corner_axes("FastAPI", "FastAPI", CROSSED) == []


def test_a_corner_is_a_ratio_paired_by_block_with_its_interval(tmp_path) -> None:
    names = ("django-raw", "fastapi-threads-plain")
    costs = dict(zip(names, (2.0, 1.0), strict=True))
    truth = Truth(
        dict.fromkeys(names, 20.0), noise=0.05, cpu_ms=costs, verdicts={(4, "django-raw"): [LATE]}
    )
    run = synthetic_run(tmp_path, truth, blocks=5, window_s=0.2)
    trials = trials_table(run)
    stacks = {name: {**CROSSED[name], "middleware": [name]} for name in names}
    (row,) = corners(trials[trials["used"]], *names[::-1], stacks).to_dict("records")

    assert row["ratio"] == pytest.approx(0.5, rel=0.1)
    assert row["low"] < row["ratio"] < row["high"]
    assert (row["blocks"], row["verdict"], row["concurrency"]) == (4, "lower", "threads")
    assert row["middleware"]
    assert (row["title"], row["baseline_title"]) == ("FastAPI, threads, plain", "Django, raw SQL")


def test_a_corner_of_one_block_has_no_interval(tmp_path) -> None:
    names = ("django-raw", "fastapi-threads-plain")
    run = synthetic_run(tmp_path, Truth(dict.fromkeys(names, 20.0)), blocks=1, window_s=0.2)
    trials = trials_table(run)
    (row,) = corners(trials, *names[::-1], CROSSED).to_dict("records")

    assert isnan(row["low"])
    assert row["verdict"] == "inconclusive"
