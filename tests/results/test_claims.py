"""The article's claims over runs whose truth is known: what holds, what flips, what stays open."""

from dataclasses import replace
from math import exp, inf, isfinite, isnan, nan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.results.claimed import (
    ARTICLE,
    HELD,
    MEDIANS,
    QUIET,
    claimed_run,
    judged_alone,
    reason,
    verdicts,
)
from tests.synthetic_run import CLOSED, LATE, OPEN, STOLEN
from webtrial.results.choosing.criteria import Criteria, criteria
from webtrial.results.claims import context
from webtrial.results.claims.claims_file import read_claims
from webtrial.results.claims.context import ASSUMED_THINK_TIME_S, Limits
from webtrial.results.claims.evaluate import Verification, verify
from webtrial.results.claims.predicates import PREDICATES
from webtrial.results.claims.verdicts import (
    ABOUT,
    VERDICTS,
    Band,
    Part,
    all_of,
    band,
    verdict_of,
)
from webtrial.results.connections.estimate import connections, most_held
from webtrial.run.records import Load, Trial
from webtrial.run.store import Run
from webtrial.stats.in_time import rates_in_time
from webtrial.stats.trials import trials_table

USES_NO_TRIALS = {"found"}
USES_TRIALS = set(PREDICATES) - USES_NO_TRIALS - {"recommended"}  # scores know their blocks


FLIPPING = (  # where Django and FastAPI change places
    *("crud-throughput-django", "crud-throughput-fastapi", "crud-latency-fastapi"),
    *("crud-ratio-fastapi-django", "crud-ratio-fastapi-flask", "io-bound-range"),
    *("search-latency-ratio", "dashboard-fanout", "footprint-fastapi"),
)


@pytest.fixture(scope="module")
def swapped(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The same, but Django and FastAPI have changed places."""
    medians = MEDIANS | {"django": MEDIANS["fastapi"], "fastapi": MEDIANS["django"]}
    truth = replace(QUIET, median_ms=medians, memory_mib={"flask-raw-plain": 60.0})
    run = claimed_run(tmp_path_factory.mktemp("swapped"), truth, loads=(CLOSED, OPEN))
    names = [claim.id for claim in read_claims() if claim.predicate != "recommended"]
    return judged_alone(run, *names).table.set_index("id")


# --- the whole table


def test_every_claim_has_a_verdict_and_a_reason(judged: Verification) -> None:
    claims = read_claims()
    assert len(claims) == 44
    assert judged.table["id"].tolist() == [claim.id for claim in claims]
    assert set(judged.table["verdict"]) <= set(VERDICTS)
    assert judged.table["reason"].str.len().min() > 0


def test_every_predicate_judges_a_claim() -> None:
    assert {claim.predicate for claim in read_claims()} == set(PREDICATES)


def test_true_claims_are_supported(judged: Verification) -> None:
    found = verdicts(judged)
    for name in (
        *(f"crud-throughput-{stack}" for stack in ARTICLE),
        *("crud-ratio-fastapi-flask", "crud-ratio-fastapi-django", "footprint-fastapi"),
        *("async-db-fastapi", "crud-connections-fastapi"),
    ):
        assert found[name] == "supported", reason(judged, name)


def test_every_verdict_is_reached(judged: Verification, tmp_path: Path) -> None:
    noisy = claimed_run(tmp_path, replace(QUIET, noise=0.3), scenarios=("crud",), loads=(CLOSED,))
    unsure = judged_alone(noisy, "crud-ratio-fastapi-flask", "crud-ratio-fastapi-django")
    assert {*judged.table["verdict"], *unsure.table["verdict"]} == set(VERDICTS)


def test_verdicts_flip_where_two_stacks_change_places(
    judged: Verification, swapped: pd.DataFrame
) -> None:
    before = verdicts(judged)
    for name in FLIPPING:
        assert swapped.at[name, "verdict"] == "refuted"
        assert before[name] != "refuted"


def test_claims_that_use_no_trials_keep_their_verdict(
    judged: Verification, swapped: pd.DataFrame
) -> None:
    before = verdicts(judged)
    for claim in read_claims():
        if claim.predicate in USES_NO_TRIALS:
            assert swapped.at[claim.id, "verdict"] == before[claim.id]


def test_one_block_decides_no_claim_that_uses_trials(tmp_path: Path) -> None:
    table = verify(claimed_run(tmp_path, blocks=1)).table.set_index("id")
    for claim in read_claims():
        if claim.predicate in USES_TRIALS:
            assert table.at[claim.id, "verdict"] in ("inconclusive", "not testable here"), claim.id
    assert "one block" in table.at["crud-ratio-fastapi-flask", "reason"]
    assert isfinite(table.at["crud-ratio-fastapi-flask", "measured"])
    assert isnan(table.at["crud-ratio-fastapi-flask", "low"])


@pytest.mark.parametrize(
    "attempts",
    [
        pytest.param((LATE,), marks=pytest.mark.full, id="invalid"),
        pytest.param((STOLEN,), id="suspect"),
    ],
)
def test_two_untouched_blocks_decide_nothing(tmp_path: Path, attempts: Any) -> None:
    disturbed = {(2, "fastapi"): attempts, (2, "fastapi-psycopg-plain"): attempts}
    truth = replace(QUIET, verdicts=disturbed)
    resting = [claim for claim in read_claims() if claim.predicate in USES_TRIALS]
    judged = judged_alone(claimed_run(tmp_path, truth), *(claim.id for claim in resting))
    about_fastapi = [claim.id for claim in resting if "fastapi" in claim.stack]
    assert len(about_fastapi) == 10
    for name in about_fastapi:
        assert verdicts(judged)[name] in ("inconclusive", "not testable here"), name


def test_the_reason_states_what_the_run_is_missing(tmp_path: Path) -> None:
    needs = {
        "crud-ratio-fastapi-flask": "needs a run with fastapi and flask on crud at a closed load",
        "crud-connections-flask": "needs a run with persistent_connections for flask",
        "search-users-django": "needs arrivals of product_search at 71.4/s to django",
    }
    run = claimed_run(tmp_path, scenarios=("user_detail",), loads=(CLOSED,))
    judged = judged_alone(run, *needs)
    found = verdicts(judged)
    for name, needed in needs.items():
        assert found[name] == "not testable here"
        assert needed in reason(judged, name)


# --- ratios and figures


def test_a_ratio_is_the_geometric_mean_of_its_blocks(claimed: Run, judged: Verification) -> None:
    trials = trials_table(claimed).query("scenario == 'crud' and load == '100 users'")
    by_block = trials.pivot(index="block", columns="stack", values="throughput_per_s")
    expected = exp(np.log(by_block["fastapi"] / by_block["flask"]).mean())
    row = judged.table.set_index("id").loc["crud-ratio-fastapi-flask"]
    assert row["measured"] == pytest.approx(expected)
    assert row["low"] < expected < row["high"]


def test_a_figure_is_shown_with_its_machine_and_judged_by_ratios(
    claimed: Run, judged: Verification
) -> None:
    trials = trials_table(claimed).query("scenario == 'crud' and load == '100 users'")
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
    names = [
        claim.id
        for claim in read_claims()
        if claim.scenario == ("crud",) and claim.predicate in ("figure", "ratio")
    ]
    run = claimed_run(tmp_path, slower, scenarios=("crud",), loads=(CLOSED,))
    before = verdicts(judged)
    assert verdicts(judged_alone(run, *names)) == {name: before[name] for name in names}
    assert {claim.predicate for claim in read_claims() if claim.id in names} == {"figure", "ratio"}


def test_stacks_that_are_about_equal_refute_a_claim_that_one_is_ahead(tmp_path: Path) -> None:
    equal = replace(QUIET, median_ms=MEDIANS | {"fastapi": MEDIANS["flask"]})
    run = claimed_run(tmp_path, equal, scenarios=("crud",), loads=(CLOSED,))
    judged = judged_alone(run, "crud-ratio-fastapi-flask")
    assert verdicts(judged)["crud-ratio-fastapi-flask"] == "refuted"


def test_a_ratio_reports_failed_requests(tmp_path: Path) -> None:
    failing = replace(QUIET, refused=0.1)
    run = claimed_run(tmp_path, failing, scenarios=("crud",), loads=(CLOSED,))
    judged = judged_alone(run, "crud-ratio-fastapi-flask")
    assert "% of the requests of one stack failed" in reason(judged, "crud-ratio-fastapi-flask")


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


def test_a_missing_part_is_not_testable_unless_another_refutes() -> None:
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
    assert allowed.contains(2.1, 2.9) is True
    assert allowed.contains(3.1, 4.0) is False
    assert allowed.contains(2.5, 3.5) is None
    assert allowed.contains(nan, nan) is None


def test_a_conjunction_with_something_false_is_false() -> None:
    assert all_of([True, None, False]) is False
    assert all_of([True, None]) is None
    assert all_of([True, True]) is True


# --- how many


def test_connections_lie_between_the_most_held_and_the_fewest_lost(
    judged: Verification, tmp_path: Path
) -> None:
    held = judged.table.set_index("id")
    assert held.at["crud-connections-django", "verdict"] == "partly"  # far more than about 500
    assert held.at["crud-connections-django", "measured"] == 5000
    losing = replace(QUIET, lost=dict.fromkeys(MEDIANS, 0.2))
    run = claimed_run(tmp_path, losing, scenarios=("crud",), loads=HELD)
    names = ("crud-connections-fastapi", "crud-connections-django")
    lost = judged_alone(run, *names).table.set_index("id")
    assert lost.at["crud-connections-fastapi", "verdict"] == "refuted"
    assert lost.at["crud-connections-django", "verdict"] == "refuted"
    assert lost.at["crud-connections-django", "high"] == 400


IDLE = Load("persistent", connections=50, rate_per_s=200.0, idle=200)


def test_a_number_that_is_held_only_while_every_connection_asks_is_held_partly(
    tmp_path: Path,
) -> None:
    def starved(trial: Trial) -> Trial:
        if (trial.planned.stack, trial.planned.load) != ("fastapi", IDLE):
            return trial
        counts = replace(trial.counts, scheduled=9_000, dropped=9_000 - trial.counts.sent)
        return replace(trial, counts=counts)

    run = claimed_run(tmp_path, scenarios=("crud",), loads=(*HELD, IDLE))
    before = verdicts(judged_alone(run, "crud-connections-fastapi"))
    run.__dict__["trials"] = tuple(map(starved, run.trials))
    judged = judged_alone(run, "crud-connections-fastapi")
    most = most_held(connections(run)).set_index("stack")

    assert most.loc["fastapi", ["most", "missed"]].tolist() == [0, 250]
    assert before == {"crud-connections-fastapi": "supported"}
    assert verdicts(judged) == {"crud-connections-fastapi": "partly"}
    assert "at 250 (200 of them never send a request)" in reason(judged, "crud-connections-fastapi")


def test_users_and_connections_are_those_of_the_chapter_on_causes(
    claimed: Run, judged: Verification
) -> None:
    table = judged.table.set_index("id")
    rates = rates_in_time(claimed).query("scenario == 'product_search'").set_index("stack")
    most = most_held(connections(claimed)).set_index("stack")

    for stack in ("django", "fastapi"):
        users = rates.at[stack, "rate_per_s"] * ASSUMED_THINK_TIME_S
        assert table.at[f"search-users-{stack}", "measured"] == pytest.approx(users)
    for stack in ARTICLE:
        assert table.at[f"crud-connections-{stack}", "measured"] == most.at[stack, "most"]


def test_the_reason_states_the_limit(claimed: Run) -> None:
    names = ("search-users-django", "crud-connections-flask")
    judged = judged_alone(claimed, *names, limits=Limits(p99_limit_ms=250.0))
    for name in names:
        assert "late (over 250 ms)" in reason(judged, name)


def test_scores_are_those_within_the_same_limit(
    claimed: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    def noted(run: Run, p99_limit_ms: float) -> Criteria:
        asked.append(p99_limit_ms)
        return criteria(run, p99_limit_ms)

    monkeypatch.setattr(context, "criteria", noted)
    judged_alone(claimed, "choice-mvp", limits=Limits(p99_limit_ms=250.0))
    assert asked == [250.0]


def test_a_number_that_was_not_offered_is_not_judged(tmp_path: Path) -> None:
    run = claimed_run(tmp_path, scenarios=("crud",), loads=HELD[:1])
    judged = judged_alone(run, "crud-connections-fastapi")
    assert verdicts(judged)["crud-connections-fastapi"] == "not testable here"
    assert "this run offered 400 connections" in reason(judged, "crud-connections-fastapi")


def test_users_follow_from_the_rates_served_within_the_limit(claimed: Run) -> None:
    def users(**limits: float) -> pd.Series:
        judged = judged_alone(claimed, "search-users-django", limits=Limits(**limits))
        return judged.table.iloc[0]

    assert users(assumed_think_time_s=2.5)["measured"] == pytest.approx(200 * 2.5)
    assert users(assumed_think_time_s=7.0)["verdict"] == "partly"  # 1,400, more than about 500
    late = users(assumed_think_time_s=1.0, p99_limit_ms=1.0)
    assert (late["verdict"], late["high"]) == ("not testable here", pytest.approx(200 * 1.001))
    assert "needs a machine with 4 cores, as in the article" in late["reason"]


def test_users_that_a_larger_machine_serves_do_not_count(claimed: Run) -> None:
    machine = {"cores": 64, "processor": "Large"}
    large = replace(claimed, manifest=claimed.manifest.model_copy(update={"machine": machine}))
    table = judged_alone(large, "search-users-django").table.set_index("id")
    assert table.at["search-users-django", "verdict"] == "not testable here"
    assert "reached on Large, 64 cores" in table.at["search-users-django", "reason"]


def test_requests_that_fail_refute_that_something_works(tmp_path: Path) -> None:
    failing = replace(QUIET, refused=0.1)
    run = claimed_run(tmp_path, failing, scenarios=("user_detail",), loads=(CLOSED,))
    judged = judged_alone(run, "async-db-fastapi")
    assert verdicts(judged)["async-db-fastapi"] == "refuted"
