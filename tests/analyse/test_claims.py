"""The article's claims over runs whose truth is known: what holds, what flips, what stays open."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from math import exp, inf, isfinite, isnan, nan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.analyse import scores
from tests.synthetic_run import CLOSED, LATE, OPEN, STOLEN, Truth, synthetic_run, vouch_for
from webtrial.analyse.capabilities import capability_findings
from webtrial.analyse.claims import case
from webtrial.analyse.claims.book import COLUMNS, FILE, read_claims
from webtrial.analyse.claims.case import ASSUMED_THINK_TIME_S, Limits
from webtrial.analyse.claims.evaluate import Verification, verify
from webtrial.analyse.claims.predicates import PREDICATES, predicate
from webtrial.analyse.claims.verdicts import (
    ABOUT,
    VERDICTS,
    Band,
    Judged,
    Part,
    all_of,
    band,
    verdict_of,
)
from webtrial.analyse.claims.written import as_text, write_verdicts
from webtrial.analyse.connections import connections, most_held
from webtrial.analyse.criteria import Criteria, criteria
from webtrial.analyse.in_time import rates_in_time
from webtrial.analyse.summary import trials_table
from webtrial.errors import ClaimError
from webtrial.records import Load, Trial
from webtrial.runs import Run, open_run

# Medians at 100 users that stand to each other as the article's requests per second do.
ARTICLE = {"django": 8500 / 1200, "flask": 8500 / 1800, "fastapi": 1.0}
MEDIANS = {name: 12 * factor for name, factor in ARTICLE.items()} | {
    "django-plain": 50.0,
    "django-async": 60.0,
    "fastapi-orm": 40.0,
    "fastapi-tortoise": 45.0,
}
MATCHED = ("django-raw", "flask-raw-plain", "fastapi-psycopg-plain")  # raw SQL, psycopg, no more
MEDIANS |= dict.fromkeys(MATCHED, 20.0)
BESIDE = {
    "user_detail": ("django-plain", "django-async", "fastapi-orm", "fastapi-tortoise", *MATCHED)
}
SCENARIOS = ("user_detail", "crud", "product_search", "dashboard")
HELD = tuple(Load("held", connections=count, rate_per_s=200.0) for count in (400, 5000))
WAITING = dict.fromkeys(MEDIANS, 0.05)  # ms of CPU per request: no core is busy
QUIET = Truth(
    MEDIANS,
    noise=0.005,
    drift=0.02,
    lost=dict.fromkeys(MEDIANS, 0.0),
    cpu_ms=WAITING,
    memory_mib={"fastapi-psycopg-plain": 60.0},
)
RESTS_ON_NO_TRIAL = {"found"}
RESTS_ON_TRIALS = set(PREDICATES) - RESTS_ON_NO_TRIAL - {"recommended"}  # scores know their blocks


def claimed_run(folder: Path, truth: Truth = QUIET, **given: Any) -> Run:
    given = {"scenarios": SCENARIOS, "loads": (CLOSED, OPEN, *HELD), "beside": BESIDE} | given
    path = synthetic_run(folder, truth, **given).path
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["budgets"] = {"threads_per_process": 1000, "server_processes": 1}
    (path / "manifest.json").write_text(json.dumps(manifest))
    vouch_for(path)
    return open_run(path)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return claimed_run(tmp_path_factory.mktemp("as_claimed"))


@pytest.fixture(scope="module")
def judged(run: Run) -> Verification:
    return verify(run)


@pytest.fixture(scope="module")
def swapped(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The same, but Django and FastAPI have changed places."""
    medians = MEDIANS | {"django": MEDIANS["fastapi"], "fastapi": MEDIANS["django"]}
    truth = replace(QUIET, median_ms=medians, memory_mib={"flask-raw-plain": 60.0})
    run = claimed_run(tmp_path_factory.mktemp("swapped"), truth)
    return verify(run).table.set_index("id")


def verdicts(judged: Verification) -> dict[str, str]:
    return judged.table.set_index("id")["verdict"].to_dict()


def reason(judged: Verification, name: str) -> str:
    return str(judged.table.set_index("id").at[name, "reason"])


# --- the whole table


def test_every_claim_has_a_verdict_and_a_reason(judged: Verification) -> None:
    claims = read_claims()
    assert len(claims) == 44
    assert judged.table["id"].tolist() == [claim.id for claim in claims]
    assert set(judged.table["verdict"]) <= set(VERDICTS)
    assert judged.table["reason"].str.len().min() > 0


def test_every_predicate_judges_a_claim() -> None:
    assert {claim.predicate for claim in read_claims()} == set(PREDICATES)


def test_what_the_article_claims_is_supported_where_it_is_so(judged: Verification) -> None:
    found = verdicts(judged)
    for name in (
        *(f"crud-throughput-{stack}" for stack in ARTICLE),
        *("crud-ratio-fastapi-flask", "crud-ratio-fastapi-django", "footprint-fastapi"),
        *("async-db-fastapi", "crud-connections-fastapi"),
    ):
        assert found[name] == "supported", reason(judged, name)


def test_every_verdict_is_reached(judged: Verification, tmp_path: Path) -> None:
    noisy = claimed_run(tmp_path, replace(QUIET, noise=0.3))
    assert {*judged.table["verdict"], *verify(noisy).table["verdict"]} == set(VERDICTS)


def test_verdicts_flip_where_two_stacks_change_places(
    judged: Verification, swapped: pd.DataFrame
) -> None:
    before = verdicts(judged)
    for name in (
        *("crud-throughput-django", "crud-throughput-fastapi", "crud-latency-fastapi"),
        *("crud-ratio-fastapi-django", "crud-ratio-fastapi-flask", "io-bound-range"),
        *("search-latency-ratio", "dashboard-fanout", "footprint-fastapi"),
    ):
        assert swapped.at[name, "verdict"] == "refuted"
        assert before[name] != "refuted"


def test_what_does_not_rest_on_trials_stays_as_it_is(
    judged: Verification, swapped: pd.DataFrame
) -> None:
    before = verdicts(judged)
    for claim in read_claims():
        if claim.predicate in RESTS_ON_NO_TRIAL:
            assert swapped.at[claim.id, "verdict"] == before[claim.id]


def test_one_block_decides_nothing_that_rests_on_it(tmp_path: Path) -> None:
    table = verify(claimed_run(tmp_path, blocks=1)).table.set_index("id")
    for claim in read_claims():
        if claim.predicate in RESTS_ON_TRIALS:
            assert table.at[claim.id, "verdict"] in ("inconclusive", "not testable here"), claim.id
    assert "one block" in table.at["crud-ratio-fastapi-flask", "reason"]
    assert isfinite(table.at["crud-ratio-fastapi-flask", "measured"])
    assert isnan(table.at["crud-ratio-fastapi-flask", "low"])


@pytest.mark.parametrize("attempts", [(LATE,), (STOLEN,)], ids=["invalid", "suspect"])
def test_two_untouched_blocks_decide_nothing(tmp_path: Path, attempts: Any) -> None:
    disturbed = {(2, "fastapi"): attempts, (2, "fastapi-psycopg-plain"): attempts}
    truth = replace(QUIET, verdicts=disturbed)
    table = verify(claimed_run(tmp_path, truth)).table.set_index("id")
    about_fastapi = [claim.id for claim in read_claims() if "fastapi" in claim.stack]
    for claim in read_claims():
        if claim.id in about_fastapi and claim.predicate in RESTS_ON_TRIALS:
            assert table.at[claim.id, "verdict"] in ("inconclusive", "not testable here"), claim.id


def test_a_run_without_what_a_claim_needs_says_what(tmp_path: Path) -> None:
    judged = verify(claimed_run(tmp_path, scenarios=("user_detail",), loads=(CLOSED,)))
    found = verdicts(judged)
    for name, needed in {
        "crud-ratio-fastapi-flask": "needs a run with fastapi and flask on crud at a closed load",
        "crud-connections-flask": "needs a run with connections_held for flask",
        "search-users-django": "needs arrivals of product_search at 71.4/s to django",
    }.items():
        assert found[name] == "not testable here"
        assert needed in reason(judged, name)


# --- ratios and figures


def test_a_ratio_is_the_geometric_mean_of_its_blocks(run: Run, judged: Verification) -> None:
    trials = trials_table(run).query("scenario == 'crud' and load == '100 users'")
    by_block = trials.pivot(index="block", columns="stack", values="throughput_per_s")
    expected = exp(np.log(by_block["fastapi"] / by_block["flask"]).mean())
    row = judged.table.set_index("id").loc["crud-ratio-fastapi-flask"]
    assert row["measured"] == pytest.approx(expected)
    assert row["low"] < expected < row["high"]


def test_a_figure_is_shown_with_its_machine_and_judged_by_ratios(
    run: Run, judged: Verification
) -> None:
    trials = trials_table(run).query("scenario == 'crud' and load == '100 users'")
    expected = exp(np.log(trials.query("stack == 'django'")["throughput_per_s"]).mean())
    row = judged.table.set_index("id").loc["crud-throughput-django"]
    parts = judged.parts.query("id == 'crud-throughput-django'")
    assert row["measured"] == pytest.approx(expected)
    assert "2 cores" in row["reason"]
    assert parts["what"].tolist() == ["Django / Flask, crud", "Django / FastAPI, crud"]
    assert parts["claimed_high"].tolist() == [1200 / 1800 * ABOUT, 1200 / 8500 * ABOUT]


def test_a_slower_machine_changes_no_verdict_on_a_figure(
    judged: Verification, tmp_path: Path
) -> None:
    slower = replace(QUIET, median_ms={name: 3 * ms for name, ms in MEDIANS.items()})
    found = verdicts(verify(claimed_run(tmp_path, slower)))
    for claim in read_claims():
        if claim.scenario == ("crud",) and claim.predicate in ("figure", "ratio"):
            assert found[claim.id] == verdicts(judged)[claim.id], claim.id


def test_stacks_that_are_about_equal_refute_a_claim_that_one_is_ahead(tmp_path: Path) -> None:
    equal = replace(QUIET, median_ms=MEDIANS | {"fastapi": MEDIANS["flask"]})
    judged = verify(claimed_run(tmp_path, equal))
    assert verdicts(judged)["crud-ratio-fastapi-flask"] == "refuted"


def test_a_ratio_says_that_requests_failed(tmp_path: Path) -> None:
    judged = verify(claimed_run(tmp_path, replace(QUIET, refused=0.1), scenarios=("crud",)))
    assert "% of one's requests failed" in reason(judged, "crud-ratio-fastapi-flask")


# --- how parts make a verdict

UNDECIDED = None


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ([(True, True)], "supported"),
        ([(True, True), (True, False)], "partly"),
        ([(True, False), (True, UNDECIDED)], "partly"),
        ([(True, True), (True, UNDECIDED)], "inconclusive"),
        ([(True, False), (UNDECIDED, UNDECIDED)], "inconclusive"),
        ([(False, True), (UNDECIDED, UNDECIDED)], "refuted"),
        ([(True, True), (False, False)], "refuted"),
    ],
)
def test_the_weakest_part_makes_the_verdict(facts: Any, verdict: str) -> None:
    parts = [Part("", Band(0, 1), direction=direction, size=size) for direction, size in facts]
    assert verdict_of(parts) == verdict


def test_what_is_missing_is_not_testable_unless_the_rest_refutes() -> None:
    missing = Part("", Band(0, 1), missing="needs more")
    wrong = Part("", Band(0, 1), direction=False)
    right = Part("", Band(0, 1), direction=True, size=True)
    assert verdict_of([right, missing]) == "not testable here"
    assert verdict_of([wrong, missing]) == "refuted"


@pytest.mark.parametrize(
    ("comparator", "values", "low", "high"),
    [
        ("about", [4.0], 4 / ABOUT, 4 * ABOUT),
        ("at least", [5000.0], 5000.0, inf),
        ("at most", [1.0], 0.0, 1.0),
        ("between", [4.0, 7.0], 4.0, 7.0),
        ("equals", [3.0], 3.0, 3.0),
    ],
)
def test_what_a_comparator_allows(comparator: Any, values: Any, low: float, high: float) -> None:
    allowed = band(comparator, values)
    assert (allowed.low, allowed.high) == (low, high)


def test_an_interval_that_reaches_over_an_end_or_is_none_decides_nothing() -> None:
    allowed = Band(2.0, 3.0)
    assert allowed.holds(2.1, 2.9) is True
    assert allowed.holds(3.1, 4.0) is False
    assert allowed.holds(2.5, 3.5) is None
    assert allowed.holds(nan, nan) is None


def test_a_conjunction_with_something_false_is_false() -> None:
    assert all_of([True, None, False]) is False
    assert all_of([True, None]) is None
    assert all_of([True, True]) is True


# --- how many


def test_connections_lie_between_the_most_held_and_the_fewest_lost(
    run: Run, tmp_path: Path
) -> None:
    held = verify(run).table.set_index("id")
    assert held.at["crud-connections-django", "verdict"] == "partly"  # far more than about 500
    assert held.at["crud-connections-django", "measured"] == 5000
    lost = verify(
        claimed_run(tmp_path, replace(QUIET, lost=dict.fromkeys(MEDIANS, 0.2)))
    ).table.set_index("id")
    assert lost.at["crud-connections-fastapi", "verdict"] == "refuted"
    assert lost.at["crud-connections-django", "verdict"] == "refuted"
    assert lost.at["crud-connections-django", "high"] == 400


SILENT = Load("held", connections=50, rate_per_s=200.0, silent=200)


def test_a_number_that_is_held_only_while_every_connection_asks_is_held_partly(
    tmp_path: Path,
) -> None:
    def starved(trial: Trial) -> Trial:
        if (trial.planned.stack, trial.planned.load) != ("fastapi", SILENT):
            return trial
        counts = replace(trial.counts, scheduled=9_000, dropped=9_000 - trial.counts.sent)
        return replace(trial, counts=counts)

    run = claimed_run(tmp_path, loads=(CLOSED, OPEN, *HELD, SILENT))
    supported = verdicts(verify(run))["crud-connections-fastapi"]
    run = claimed_run(tmp_path / "starved", loads=(CLOSED, OPEN, *HELD, SILENT))
    run.__dict__["trials"] = tuple(map(starved, run.trials))
    judged = verify(run)
    most = most_held(connections(run)).set_index("stack")

    assert most.loc["fastapi", ["most", "missed"]].tolist() == [0, 250]
    assert (supported, verdicts(judged)["crud-connections-fastapi"]) == ("supported", "partly")
    assert "250 (200 of which never send a request) 0 % and" in reason(
        judged, "crud-connections-fastapi"
    )


def test_users_and_connections_are_those_of_the_chapter_on_causes(run: Run) -> None:
    table = verify(run).table.set_index("id")
    rates = rates_in_time(run).query("scenario == 'product_search'").set_index("stack")
    most = most_held(connections(run)).set_index("stack")

    for stack in ("django", "fastapi"):
        users = rates.at[stack, "rate_per_s"] * ASSUMED_THINK_TIME_S
        assert table.at[f"search-users-{stack}", "measured"] == pytest.approx(users)
    for stack in ARTICLE:
        assert table.at[f"crud-connections-{stack}", "measured"] == most.at[stack, "most"]


def test_the_limit_that_was_used_is_said_with_the_reason(run: Run) -> None:
    judged = verify(run, Limits(p99_limit_ms=250.0))
    for name in ("search-users-django", "crud-connections-flask"):
        assert "late (over 250 ms)" in reason(judged, name)


def test_scores_are_those_within_the_same_limit(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def noted(run: Run, p99_limit_ms: float) -> Criteria:
        asked.append(p99_limit_ms)
        return criteria(run, p99_limit_ms)

    monkeypatch.setattr(case, "criteria", noted)
    verify(run, Limits(p99_limit_ms=250.0))
    assert asked == [250.0]


def test_a_number_that_was_not_offered_is_not_judged(tmp_path: Path) -> None:
    judged = verify(claimed_run(tmp_path, loads=(CLOSED, HELD[0])))
    assert verdicts(judged)["crud-connections-fastapi"] == "not testable here"
    assert "what was offered is 400 connections" in reason(judged, "crud-connections-fastapi")


def test_users_are_told_from_the_rates_that_are_served_in_time(run: Run) -> None:
    def users(**limits: float) -> pd.Series:
        table = verify(run, Limits(**limits)).table.set_index("id")
        return table.loc["search-users-django"]

    assert users(assumed_think_time_s=2.5)["measured"] == pytest.approx(200 * 2.5)
    assert users(assumed_think_time_s=7.0)["verdict"] == "partly"  # 1,400, more than about 500
    late = users(assumed_think_time_s=1.0, p99_limit_ms=1.0)
    assert (late["verdict"], late["high"]) == ("not testable here", pytest.approx(200 * 1.001))
    assert "needs the 4 cores of the article's machine" in late["reason"]


def test_users_that_a_larger_machine_serves_do_not_count(run: Run, tmp_path: Path) -> None:
    machine = {"cores": 64, "processor": "Large"}
    large = replace(run, manifest=run.manifest.model_copy(update={"machine": machine}))
    table = verify(large).table.set_index("id")
    assert table.at["search-users-django", "verdict"] == "not testable here"
    assert "reached on Large, 64 cores" in table.at["search-users-django", "reason"]


def test_requests_that_fail_refute_that_something_works(tmp_path: Path) -> None:
    judged = verify(claimed_run(tmp_path, replace(QUIET, refused=0.1), loads=(CLOSED,)))
    assert verdicts(judged)["async-db-fastapi"] == "refuted"


# --- what rests on no trial


Change = Callable[[str, dict[str, str]], Path]


@pytest.fixture
def changed(tmp_path: Path) -> Change:
    """The file with one row changed."""

    def change(name: str, changes: dict[str, str]) -> Path:
        with FILE.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            row.update(changes if row["id"] == name else {})
        path = tmp_path / "claims.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return path

    return change


def test_what_probes_found_decides_what_they_were_asked(run: Run, changed: Change) -> None:
    path = changed("orm-builtin-django", {"evidence": "ORM: comes with the framework = no"})
    table = verify(run, path=path).table.set_index("id")
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
            f"{ASKED}; in full: installed packages: the framework: which has sqlparse",
            *("supported", "yes"),
        ),
        (
            f"{ASKED}; in full: installed packages: the framework: which has sql",
            *("partly", "in part"),
        ),
    ],
)
def test_what_is_only_demanded_in_full_leaves_the_rest_of_a_feature(
    run: Run, changed: Change, evidence: str, verdict: str, measured: str
) -> None:
    table = verify(run, path=changed("orm-builtin-django", {"evidence": evidence})).table
    row = table.set_index("id").loc["orm-builtin-django"]
    assert (row["verdict"], row["measured"]) == (verdict, measured)


def test_validation_is_not_without_code_of_its_own(judged: Verification) -> None:
    assert verdicts(judged)["validation-automatic-fastapi"] == "partly"
    said = reason(judged, "validation-automatic-fastapi")
    found = capability_findings().query(
        "framework == 'FastAPI' and question == 'lines of code in functions'"
    )
    assert f"validation, lines of code in functions: {found['value'].iloc[0]}" in said
    assert "email-validator not among them" in said


def test_what_was_not_probed_is_inconclusive(run: Run, changed: Change) -> None:
    path = changed("orm-builtin-django", {"evidence": "ORM: makes coffee = yes"})
    judged = verify(run, path=path)
    assert verdicts(judged)["orm-builtin-django"] == "inconclusive"
    assert "not probed" in reason(judged, "orm-builtin-django")


def test_matters_of_taste_stay_so_with_what_can_be_counted_beside(judged: Verification) -> None:
    table = judged.table.set_index("id")
    lines = capability_findings().query("capability == 'lines of code' and question == 'in all'")
    for name in ("lightweight-flask", "django-async-secondary"):
        assert table.at[name, "verdict"] == "not testable here"
        assert table.at[name, "reason"].startswith("needs a")
    for row in lines.itertuples():
        assert f"{row.framework} {row.value}" in table.at["lightweight-flask", "reason"]
    assert table.at["django-async-secondary", "measured"] == pytest.approx(50 / 60, rel=0.1)


def test_choices_are_judged_by_scores(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case, "recommended", scores.recommended)
    judged = verify(open_run(run.path))  # not as it may have been judged before
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


def test_a_function_is_all_that_a_predicate_needs(run: Run, changed: Change) -> None:
    @predicate
    def always(claim: Any, case: Any) -> Judged:
        return Judged("supported", "because")

    try:
        path = changed("choice-mvp", {"predicate": "always"})
        assert verdicts(verify(run, path=path))["choice-mvp"] == "supported"
    finally:
        del PREDICATES["always"]


WRONG = {
    "predicate": ({"predicate": "ratoi"}, "column predicate: no function 'ratoi'; there are"),
    "metric": ({"metric": "beauty"}, "column metric: no 'beauty' for predicate 'ratio'"),
    "claimed": ({"claimed": "many"}, "column claimed: 'many' is no number"),
    "comparator": ({"comparator": "roughly"}, "column comparator = 'roughly'"),
    "evidence": (
        {"predicate": "found", "evidence": "nothing"},
        "column evidence: 'nothing' is not of the form",
    ),
    "id": ({"id": "search-users-django"}, "column id: search-users-django more than once"),
}


@pytest.mark.parametrize(("changes", "said"), WRONG.values(), ids=WRONG)
def test_a_row_that_is_wrong_is_named_with_its_column(
    run: Run, changed: Change, changes: dict[str, str], said: str
) -> None:
    with pytest.raises(ClaimError) as raised:
        verify(run, path=changed("crud-ratio-fastapi-flask", changes))
    assert said in str(raised.value)
    assert "crud-ratio-fastapi-flask" in str(raised.value) or "id" in changes


def test_a_file_with_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    path.write_text("id,statement\na,b\n")
    with pytest.raises(ClaimError, match="its columns are id, statement, not id, kind"):
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


def test_a_place_that_cannot_be_written_is_said_with_what_to_do(
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
