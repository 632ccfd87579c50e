"""Matched pairs are found by what stacks are made of, never by their order or their names."""

import pytest

from tests.synthetic_run import CROSSED, Truth, synthetic_run
from webtrial.results.base.display import Prose
from webtrial.results.overview.matched_finding import matched_finding
from webtrial.results.overview.tables import matched_table, scoreboard_table
from webtrial.stats.matched import matched_ratios, missing_matches
from webtrial.stats.matching import matched_pairs, pairs_in, pairs_of, unmatched
from webtrial.stats.ratios import ratio_table


def _of(*names):
    return {name: CROSSED[name] for name in names}


def _named(pairs):
    return [(pair.stack, pair.baseline) for pair in pairs]


# In this order the first FastAPI stack with an ORM differs from Flask in its driver, and the first
# Flask stack with an ORM from both in its serialiser.
UNLIKE_FIRST = ("flask-plain", "flask", "fastapi-orm", "fastapi-orm-psycopg")


def test_the_matched_pair_is_found_behind_stacks_that_are_unlike():
    pairs = matched_pairs(_of(*UNLIKE_FIRST), "user_detail")

    assert _named(pairs) == [("fastapi-orm-psycopg", "flask")]
    assert pairs[0].match == "ORM with serialiser"


def test_a_run_with_the_unlike_stack_first_is_reported_by_its_matched_pair(tmp_path):
    medians = {"flask": 55.0, "fastapi": 12.0, "flask-plain": 40.0} | {
        "fastapi-orm": 30.0,
        "fastapi-orm-psycopg": 70.0,
    }
    run = synthetic_run(tmp_path, Truth(medians))
    ratios = ratio_table(run)

    assert _named(pairs_of(run)) == [("fastapi", "flask"), ("fastapi-orm-psycopg", "flask")]
    assert set(ratios.loc[ratios["kind"] == "matched", "stack"]) == {"fastapi-orm-psycopg"}
    (ratio,) = matched_ratios(run, ratios)["ratio"]
    assert ratio == pytest.approx(55 / 70, rel=0.1)
    assert "**FastAPI** served 0." in matched_finding(run, ratios)


def test_one_driver_on_both_sides_is_part_of_a_match():
    assert matched_pairs(_of("flask", "fastapi-orm"), "user_detail") == []
    assert unmatched(_of("flask", "fastapi-orm"), "user_detail") == [
        "no FastAPI and Flask stacks with an ORM and a serialiser and the same driver"
    ]


@pytest.mark.parametrize(
    ("stack", "baseline"),
    [
        ("fastapi-orm-psycopg", "flask-plain"),  # a serialiser on one side
        ("fastapi-psycopg", "flask"),  # raw SQL against an ORM
        ("fastapi-no-index", "flask-no-index"),  # another driver
        ("flask-no-index", "django"),  # other indexes
        ("flask-gevent", "django"),  # greenlets, which Flask can do without
        ("django-with-fastapi", "flask"),  # two frameworks at once
        ("bare", "flask-raw-plain"),  # no framework
        ("flask", "flask-plain"),  # one framework
    ],
)
def test_stacks_that_differ_in_what_could_be_equal_do_not_match(stack, baseline):
    deployed = _of("django", "flask", "fastapi")
    pairs = matched_pairs(deployed | _of(stack, baseline), "user_detail")

    assert not {(stack, baseline), (baseline, stack)} & set(_named(pairs))


def test_each_has_its_own_server_or_both_have_the_same_concurrency():
    names = ("django-raw", "django-async-raw", "fastapi-psycopg-plain", "flask-raw-plain")
    deployed = _of("django", "flask", "fastapi")

    pairs = matched_pairs(deployed | _of(*names), "user_detail")

    plain = [pair for pair in pairs if pair.match == "raw SQL without serialiser"]
    assert set(_named(plain)) == {
        ("fastapi-psycopg-plain", "flask-raw-plain"),
        ("fastapi-psycopg-plain", "django-raw"),
        ("fastapi-psycopg-plain", "django-async-raw"),
        ("flask-raw-plain", "django-raw"),
    }


def test_sources_matter_where_they_are_asked_and_nowhere_else():
    stacks = _of("django", "django-fan-out", "flask", "flask-fan-out")
    mixed = _of("django", "flask-fan-out")

    assert _named(matched_pairs(stacks, "dashboard")) == [("flask", "django")]
    assert matched_pairs(mixed, "dashboard") == []
    (pair,) = matched_pairs(mixed, "user_detail")
    assert pair.differs_in("user_detail") == ("orm", "serialiser")
    assert pair.differs_in("dashboard") == ("orm", "serialiser", "sources")


def test_a_pair_as_deployed_says_that_it_is_matched_too(run):
    pairs = pairs_in(run, "user_detail", {"django", "flask", "fastapi"})

    assert {pair.baseline: pair.match for pair in pairs if pair.stack == "flask"} == {
        "django": "ORM with serialiser"
    }
    assert [pair.match for pair in pairs if pair.stack == "fastapi"] == ["", ""]


def test_every_ratio_lists_the_other_differences_of_its_stacks(run, ratios):
    rows = ratios[(ratios["stack"] == "fastapi") & (ratios["baseline"] == "flask")]
    differs = rows.groupby("scenario")["differs"].first()

    assert differs["user_detail"] == ("data access, ORM, serialiser, driver, concurrency, server")
    assert differs["dashboard"] == f"{differs['user_detail']}, order of source requests"
    assert "also differ in" in scoreboard_table(run, ratios).markdown()


def test_stacks_that_are_missing_for_a_match_are_named(run, ratios):
    assert missing_matches(run) == [
        "no FastAPI and Flask stacks with an ORM and a serialiser and the same driver",
        "no FastAPI and Flask stacks with raw SQL and a serialiser and the same driver",
        "no FastAPI and Django stacks with an ORM and a serialiser and the same driver",
        "no FastAPI stack with an ORM and no serialiser",
        "no Django stack with raw SQL and a serialiser",
        "no Flask stack with an ORM and no serialiser",
    ]
    assert matched_finding(run, ratios).startswith("No matched pair of two frameworks")
    table = matched_table(run, ratios)
    assert isinstance(table, Prose)
    assert "No matched pair was measured" in table.text
