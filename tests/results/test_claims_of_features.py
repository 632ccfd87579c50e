"""Claims that rest on no trial, rows that are wrong or new, and how verdicts are written down."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.results import scores
from tests.results.claimed import claims_file, judged_alone, reason, verdicts
from webtrial.errors import ClaimError
from webtrial.results.capabilities.estimate import capability_findings
from webtrial.results.claims import context
from webtrial.results.claims.claims_file import read_claims
from webtrial.results.claims.evaluate import Verification, verify
from webtrial.results.claims.export import as_text, write_verdicts
from webtrial.results.claims.predicates import PREDICATES, predicate
from webtrial.results.claims.verdicts import (
    Judged,
)
from webtrial.run.store import Run

# --- what rests on no trial


def test_findings_of_probes_decide_feature_claims(claimed: Run, tmp_path: Path) -> None:
    path = claims_file(
        tmp_path, "orm-builtin-django", changes={"evidence": "ORM: comes with the framework = no"}
    )
    table = verify(claimed, path=path).table.set_index("id")
    assert table.at["orm-builtin-django", "verdict"] == "refuted"
    assert table.at["orm-builtin-django", "measured"] == "no"


ASKED = "ORM: comes with the framework = yes"


@pytest.mark.parametrize(
    ("evidence", "verdict", "measured"),
    [
        (f"{ASKED}; in full: ORM: other packages used for it = none", "supported", "yes"),
        (f"{ASKED}; in full: ORM: other packages used for it = some", "partly", "in part"),
        ("ORM: other packages used for it = some; in full: " + ASKED, "refuted", "no"),
        (
            f"{ASKED}; in full: installed packages: the framework: package names has sqlparse",
            *("supported", "yes"),
        ),
        (
            f"{ASKED}; in full: installed packages: the framework: package names has sql",
            *("partly", "in part"),
        ),
    ],
)
def test_conditions_in_full_only_reduce_the_verdict_to_partly(
    claimed: Run, tmp_path: Path, evidence: str, verdict: str, measured: str
) -> None:
    table = verify(
        claimed, path=claims_file(tmp_path, "orm-builtin-django", changes={"evidence": evidence})
    ).table
    row = table.set_index("id").loc["orm-builtin-django"]
    assert (row["verdict"], row["measured"]) == (verdict, measured)


def test_validation_in_fastapi_needs_code(judged: Verification) -> None:
    assert verdicts(judged)["validation-automatic-fastapi"] == "partly"
    text = reason(judged, "validation-automatic-fastapi")
    found = capability_findings().query(
        "framework == 'FastAPI' and question == 'lines of code in functions'"
    )
    assert f"validation, lines of code in functions: {found['value'].iloc[0]}" in text
    assert "email-validator not included" in text


def test_a_question_without_a_finding_is_inconclusive(claimed: Run, tmp_path: Path) -> None:
    path = claims_file(
        tmp_path, "orm-builtin-django", changes={"evidence": "ORM: makes coffee = yes"}
    )
    judged = verify(claimed, path=path)
    assert verdicts(judged)["orm-builtin-django"] == "inconclusive"
    assert "not probed" in reason(judged, "orm-builtin-django")


def test_subjective_claims_are_not_testable_but_list_countable_facts(judged: Verification) -> None:
    table = judged.table.set_index("id")
    lines = capability_findings().query("capability == 'lines of code' and question == 'total'")
    for name in ("lightweight-flask", "django-async-secondary"):
        assert table.at[name, "verdict"] == "not testable here"
        assert table.at[name, "reason"].startswith("needs a")
    for row in lines.itertuples():
        assert f"{row.framework} {row.value}" in table.at["lightweight-flask", "reason"]
    assert table.at["django-async-secondary", "measured"] == pytest.approx(50 / 60, rel=0.1)


def test_choices_are_judged_by_scores(claimed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "recommended", scores.recommended)
    names = [claim.id for claim in read_claims() if claim.kind == "choice"]
    judged = judged_alone(claimed, *names)
    found = verdicts(judged)
    assert found["choice-traditional"] == "supported"
    assert found["choice-simple-api"] == "refuted"
    assert "not measured: cold start" in reason(judged, "choice-simple-api")
    assert found["choice-high-performance"] == "inconclusive"
    assert "fewer than 3 untouched blocks" in reason(judged, "choice-high-performance")
    assert found["choice-microservices"] == "inconclusive"
    assert "a probability of 0.60" in reason(judged, "choice-microservices")
    assert found["choice-realtime"] == "inconclusive"
    assert found["choice-mvp"] == "supported"
    assert found["choice-enterprise"] == "not testable here"


# --- a further claim


def test_a_function_is_all_that_a_predicate_needs(claimed: Run, tmp_path: Path) -> None:
    @predicate
    def always(claim: Any, case: Any) -> Judged:
        return Judged("supported", "because")

    try:
        path = claims_file(tmp_path, "choice-mvp", changes={"predicate": "always"})
        assert verdicts(verify(claimed, path=path))["choice-mvp"] == "supported"
    finally:
        del PREDICATES["always"]


WRONG = {
    "predicate": ({"predicate": "ratoi"}, "column predicate: unknown predicate 'ratoi'; known:"),
    "metric": (
        {"metric": "beauty"},
        "column metric: unknown metric 'beauty' for predicate 'ratio'",
    ),
    "claimed": ({"claimed": "many"}, "column claimed: 'many' is not a number"),
    "comparator": ({"comparator": "roughly"}, "column comparator = 'roughly'"),
    "evidence": (
        {"predicate": "found", "evidence": "nothing"},
        "column evidence: 'nothing' is not a valid condition",
    ),
    "id": ({"id": "search-users-django"}, "column id: duplicate search-users-django"),
}


@pytest.mark.parametrize(("changes", "message"), WRONG.values(), ids=WRONG)
def test_an_invalid_row_is_named_with_its_column(
    claimed: Run, tmp_path: Path, changes: dict[str, str], message: str
) -> None:
    names = ("crud-ratio-fastapi-flask", "search-users-django")
    path = claims_file(tmp_path, *names, changes=changes)
    with pytest.raises(ClaimError) as raised:
        verify(claimed, path=path)
    assert message in str(raised.value)
    assert "crud-ratio-fastapi-flask" in str(raised.value) or "id" in changes


def test_a_file_with_other_columns_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    path.write_text("id,statement\na,b\n")
    with pytest.raises(ClaimError, match="the columns are id, statement; expected: id, kind"):
        read_claims(path)


# --- written down


def test_verdicts_are_written_as_a_list_without_what_json_does_not_know(
    judged: Verification, tmp_path: Path
) -> None:
    path = write_verdicts(judged.table, tmp_path / "claims.json")
    rows = json.loads(path.read_text(), parse_constant=pytest.fail)
    assert [row["id"] for row in rows] == judged.table["id"].tolist()
    assert all(
        list(row)
        == [*("id", "kind", "facts", "claimed", "measured", "low", "high", "verdict", "reason")]
        for row in rows
    )
    assert [path.name for path in tmp_path.iterdir()] == ["claims.json"]


def test_an_unwritable_file_is_reported_with_the_option(
    judged: Verification, tmp_path: Path
) -> None:
    place = tmp_path / "claims.json"
    place.mkdir()
    with pytest.raises(ClaimError, match=r"cannot be written: .* --json FILE"):
        write_verdicts(judged.table, place)
    assert [path.name for path in tmp_path.iterdir()] == ["claims.json"]


@pytest.mark.parametrize(("columns", "widest"), [(40, 80), (100, 100), (300, 120)])
def test_the_text_fits_its_columns(judged: Verification, columns: int, widest: int) -> None:
    lines = as_text(judged.table, columns).splitlines()
    assert max(map(len, lines)) == widest
    for name in judged.table["id"]:
        assert any(line.startswith(name) for line in lines)
