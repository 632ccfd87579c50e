"""How claims are counted: three kinds apart, and what repeats a fact once."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from webtrial.errors import ClaimError
from webtrial.results.claims.claims_file import COLUMNS, FILE, Kind, read_claims
from webtrial.results.claims.evaluate import Verification
from webtrial.results.claims.export import as_text, counts_text
from webtrial.results.claims.facts import LABELS, counts_of, facts_of
from webtrial.results.claims.in_flight import requests_in_flight
from webtrial.results.claims.verdicts import VERDICTS, weakest_of


def judged_table(*rows: tuple[str, Kind, tuple[str, ...], str]) -> pd.DataFrame:
    """As much of `Verification.table` as is counted."""
    return pd.DataFrame(rows, columns=["id", "kind", "facts", "verdict"])


def fact(table: pd.DataFrame, name: str) -> dict[str, Any]:
    return dict(facts_of(table).set_index("fact").loc[name])


# --- kinds


def test_the_three_kinds_are_counted_separately(judged: Verification) -> None:
    counts = {each.label: (each.statements, each.facts) for each in counts_of(judged.table)}
    assert counts == {
        "measured performance": (19, 11),
        "features found by probes": (18, 18),
        "choices by our weights": (7, 7),
    }
    assert next(iter(counts)) == "measured performance"


def test_the_verdicts_of_a_kind_add_up_to_its_facts(judged: Verification) -> None:
    for each in counts_of(judged.table):
        assert tuple(each.verdicts) == VERDICTS
        assert sum(each.verdicts.values()) == each.facts
        assert 0 not in each.nonzero.values()


def test_a_choice_is_made_by_our_weights_and_a_feature_is_looked_for() -> None:
    kinds = {claim.predicate: claim.kind for claim in read_claims()}
    assert kinds["recommended"] == "choice"
    assert kinds["found"] == kinds["served"] == kinds["subjective"] == "feature"
    others = set(kinds) - {"recommended", "found", "served", "subjective"}
    assert {kinds[name] for name in others} == {"performance"}


def test_the_terminal_shows_each_kind_under_its_name_with_its_own_count(
    judged: Verification,
) -> None:
    lines = as_text(judged.table, 120).splitlines()
    headings = [label.capitalize() for label in LABELS.values()]
    assert [line for line in lines if line in headings] == headings
    counted = counts_text(judged.table)
    assert [line.partition(":")[0] for line in counted] == headings
    assert counted[0].startswith("Measured performance: 19 statements, 11 independent facts: ")
    assert counted[2].startswith("Choices by our weights: 7 statements: ")
    assert all(f" {verdict}" in line for line in counted for verdict in VERDICTS)


def test_no_number_is_of_all_three_kinds_together(judged: Verification) -> None:
    text = "\n".join(counts_text(judged.table))
    total = len(judged.table)
    assert f"{total} " not in text
    supported = int((judged.table["verdict"] == "supported").sum())
    assert f" {supported} supported" not in text


# --- facts


def test_statements_that_repeat_a_fact_count_once() -> None:
    table = judged_table(
        ("rate", "performance", ("a",), "partly"),
        ("time", "performance", ("a",), "partly"),
        ("other", "performance", ("other",), "supported"),
    )
    (count,) = counts_of(table)
    assert (count.statements, count.facts) == (3, 2)
    assert count.nonzero == {"supported": 1, "partly": 1}
    assert count.size == "3 statements, 2 independent facts"
    assert fact(table, "a")["statements"] == ("rate", "time")
    assert fact(table, "a")["differing"] == ()


def test_a_statement_of_one_fact_alone_decides_it() -> None:
    table = judged_table(
        ("figure", "performance", ("a", "b"), "refuted"),
        ("ratio a", "performance", ("a",), "supported"),
        ("ratio b", "performance", ("b",), "refuted"),
    )
    assert fact(table, "a")["verdict"] == "supported"
    assert fact(table, "a")["differing"] == ("figure",)
    assert fact(table, "b")["verdict"] == "refuted"
    assert fact(table, "b")["differing"] == ()


def test_of_several_statements_of_a_fact_the_weakest_verdict_counts() -> None:
    table = judged_table(
        ("one", "performance", ("a",), "supported"),
        ("two", "performance", ("a",), "inconclusive"),
        ("three", "performance", ("a",), "partly"),
    )
    found = fact(table, "a")
    assert found["verdict"] == "inconclusive"
    assert found["differing"] == ("one", "three")


@pytest.mark.parametrize(
    ("verdicts", "weakest"),
    [
        (["supported", "partly"], "partly"),
        (["partly", "inconclusive"], "inconclusive"),
        (["inconclusive", "not testable here"], "not testable here"),
        (["not testable here", "refuted"], "refuted"),
    ],
)
def test_verdicts_are_weaker_in_the_order_in_which_parts_decide(
    verdicts: Any, weakest: str
) -> None:
    assert weakest_of(verdicts) == weakest
    assert weakest_of(verdicts[::-1]) == weakest


def test_statements_about_the_same_ratio_share_a_fact() -> None:
    """With a fixed number of users latency is users over throughput, whatever the metric."""
    resting = [
        claim for claim in read_claims() if claim.predicate in ("figure", "ratio") and claim.load
    ]
    beside = {
        claim.id: {
            other.stack[0]
            for other in resting
            if (other.predicate, other.metric, other.scenario)
            == ("figure", claim.metric, claim.scenario)
        }
        | {*claim.stack, *claim.baseline}
        for claim in resting
    }
    for one in resting:
        for other in resting:
            both = beside[one.id] & beside[other.id]
            ratios = one.predicate == other.predicate == "ratio"
            same = one.scenario == other.scenario and one.load == other.load and len(both) > 1
            if same and not ratios:
                assert set(one.facts) & set(other.facts), f"{one.id} and {other.id}"


def test_a_fact_of_two_kinds_is_rejected(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    path = tmp_path / "claims.csv"
    path.write_text(text.replace("search-code-runs,feature,,", "search-code-runs,choice,new,"))
    assert len(read_claims(path)) == len(read_claims())
    path.write_text(
        text.replace(
            "search-code-runs,feature,,", "search-code-runs,feature,FastAPI / Flask on CRUD,"
        )
    )
    with pytest.raises(
        ClaimError, match=r"search-code-runs, column fact: .*give all rows of a fact the same"
    ):
        read_claims(path)


@pytest.mark.parametrize("column", ["kind", "fact"])
def test_kind_and_fact_are_columns_of_the_file(column: str) -> None:
    assert column in COLUMNS


# --- what is no claim


def test_requests_in_flight_follow_from_the_articles_own_figures() -> None:
    table = requests_in_flight().set_index("stack")
    assert table["in_flight"].to_dict() == pytest.approx(
        {"django": 1200 * 0.085, "flask": 1800 * 0.055, "fastapi": 8500 * 0.012}
    )
    assert table["connections"].to_dict() == {"django": 500, "flask": 500, "fastapi": 5000}


def test_requests_in_flight_follow_the_file() -> None:
    claims = [
        claim.model_copy(update={"claimed": ("417",)})
        if claim.id == "crud-latency-django"
        else claim
        for claim in read_claims()
        if claim.id not in ("crud-throughput-flask", "crud-connections-fastapi")
    ]
    table = requests_in_flight(claims).set_index("stack")
    assert table["in_flight"]["django"] == pytest.approx(500.4)
    assert list(table.index) == ["django", "fastapi"]
    assert pd.isna(table["connections"]["fastapi"])


@pytest.mark.parametrize("name", ["claims-littles-law", "flask-synchronous"])
def test_what_cannot_fail_or_is_not_the_articles_is_no_claim(
    judged: Verification, name: str
) -> None:
    assert name not in set(judged.table["id"])
