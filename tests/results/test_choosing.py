"""The choice as a calculation: scores, first places, how sure they are, what would change them."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.synthetic_run import CLOSED, HELD, OPEN, Truth, synthetic_run
from webtrial.errors import ParameterError
from webtrial.results.choosing.criteria import _PROBED, Criteria, criteria
from webtrial.results.choosing.estimate import moves, recommended, scores, totals
from webtrial.results.choosing.projects import CRITERIA, RECOMMENDED, WEIGHTS, weights_of
from webtrial.results.choosing.tables import (
    moves_table,
    recommended_table,
    scores_table,
    unmeasured_table,
    weights_table,
)
from webtrial.results.choosing.text import choosing_text, moves_text
from webtrial.results.connections.estimate import connections, most_held
from webtrial.run.capabilities import FILE
from webtrial.run.records import ConnectionStates, Load, Trial
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load, throughput_table
from webtrial.stats.in_time import rates_in_time
from webtrial.stats.ratios import ratio_table

MEDIANS = {"django": 80.0, "flask": 50.0, "fastapi": 10.0}
FASTER = Load("open", rate_per_s=400.0)
INCLUDED = "comes with the framework"
PROBED = {  # capability, question → what was found of Django, Flask and FastAPI
    ("lines of code", "total"): ("900", "600", "800"),
    ("installed packages", "the service: packages"): ("30", "15", "30"),
    ("installed packages", "the service: size"): ("50", "25", "50"),
    ("validation", INCLUDED): ("yes", "no", "yes"),
    ("validation", "lines of code"): ("200", "200", "100"),
    ("admin", INCLUDED): ("yes", "no", "no"),
    ("ORM", INCLUDED): ("yes", "no", "no"),
    ("migrations", INCLUDED): ("yes", "no", "no"),
    ("session login", INCLUDED): ("yes", "no", "no"),
    ("bearer token", INCLUDED): ("no", "no", "no"),
    ("cold start", "first response, median"): ("0.6", "0.8", "0.6"),
    ("cold start", "first response, minimum"): ("0.5", "0.6", "0.5"),
    ("cold start", "first response, maximum"): ("0.7", "1.0", "0.7"),
    ("WebSocket", "extra package that the server needs"): ("none", "none", "wsproto"),
}


def findings(probed: Mapping[tuple[str, str], tuple[str, ...]] = PROBED) -> pd.DataFrame:
    frameworks = ("Django", "Flask", "FastAPI")
    rows = [
        {"framework": framework, "capability": place[0], "question": place[1], "value": value}
        for place, values in probed.items()
        for framework, value in zip(frameworks, values, strict=True)
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def chosen_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("chosen")
    scenarios = ("user_detail", "dashboard")
    return synthetic_run(folder, Truth(MEDIANS), scenarios=scenarios, loads=(CLOSED, OPEN, HELD))


@pytest.fixture(scope="module")
def found(chosen_run: Run) -> Criteria:
    return criteria(chosen_run, findings=findings())


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> Criteria:
    """Of a run in which Django and FastAPI hardly differ, beside noise."""
    medians = {"django": 50.0, "flask": 90.0, "fastapi": 49.9}
    truth = Truth(medians, noise=0.1)
    return criteria(synthetic_run(tmp_path_factory.mktemp("alike"), truth), findings=findings())


def one(framework_scores: Mapping[str, tuple[float, ...]]) -> Criteria:
    """Criteria of two frameworks, A and B, whose scores are given."""
    rows: list[dict[str, Any]] = [
        {"criterion": name, "part": "", "framework": framework, "value": value}
        for name, values in framework_scores.items()
        for framework, value in zip(("A", "B"), values, strict=True)
    ]
    blank = {"low": float("nan"), "high": float("nan"), "spread": "none", "blocks": 0}
    table = pd.DataFrame(rows).assign(**blank, blocks_untouched=inf, better="higher")
    return Criteria(("A", "B"), table, {})


# --- scores


def score(found: Criteria, criterion: str) -> dict[str, float]:
    table = scores(found)
    return dict(table[table["criterion"] == criterion][["framework", "score"]].to_numpy())


def test_a_rate_scores_its_ratio_to_the_best_in_the_mean_of_scenarios(
    chosen_run: Run, found: Criteria
) -> None:
    rates = at_main_load(throughput_table(chosen_run))
    wide = rates.pivot(index="scenario", columns="framework", values="value")
    expected = wide.div(wide.max(axis=1), axis=0).mean()

    assert score(found, "throughput") == pytest.approx(expected.to_dict(), rel=1e-6)


def test_of_times_and_lines_less_is_better_and_what_is_missing_scores_nothing(
    found: Criteria,
) -> None:
    assert score(found, "lines of code") == pytest.approx(
        {"Django": 600 / 900, "Flask": 1.0, "FastAPI": 600 / 800}
    )
    assert score(found, "admin") == {"Django": 1.0, "Flask": 0.0, "FastAPI": 0.0}
    assert score(found, "validation") == pytest.approx(
        {"Django": (1 + 0.5) / 2, "Flask": (0 + 0.5) / 2, "FastAPI": 1.0}
    )


def test_a_score_may_be_what_the_runs_interval_allows(chosen_run: Run, found: Criteria) -> None:
    table = scores(found).set_index(["criterion", "framework"])
    flask = table.loc["throughput", "Flask"]
    ratio = at_main_load(ratio_table(chosen_run)).query(
        "metric == 'throughput' and stack == 'fastapi' and baseline == 'flask'"
    )

    assert flask["low"] < flask["score"] < flask["high"]
    assert flask["score"] == pytest.approx(float((1 / ratio["ratio"]).mean()), rel=1e-6)
    assert tuple(table.loc["throughput", "FastAPI"]) == pytest.approx((1, 1, 1), abs=1e-6)
    assert tuple(table.loc["admin", "Django"]) == (1, 1, 1)


def test_a_range_that_probes_found_is_a_range_of_the_score(found: Criteria) -> None:
    flask = scores(found).set_index(["criterion", "framework"]).loc["cold start", "Flask"]

    assert 0.5 < flask["low"] < flask["score"] < flask["high"] <= 1


def test_the_same_seed_draws_the_same(found: Criteria) -> None:
    pd.testing.assert_frame_equal(totals(found, seed=5), totals(found, seed=5))
    assert not totals(found, seed=5)["low"].equals(totals(found, seed=6)["low"])


# --- excluded criteria


def test_an_unmeasured_criterion_is_excluded_with_its_reason(one_block: Run) -> None:
    few = criteria(one_block, findings=findings())

    assert "how many connections it holds" in few.unmeasured["connections held"]
    assert "no scenario in which every framework" in few.unmeasured["throughput within limit"]
    assert "capabilities.csv" in few.unmeasured["documentation"]
    assert "bearer token" in few.unmeasured  # 0 for every framework
    assert set(few.unmeasured) | set(few.table["criterion"]) == set(CRITERIA)
    assert "connections held" in unmeasured_table(few).text()


def with_trials(run: Run, change: Callable[[Trial], Trial]) -> Run:
    other = Run(run.path, run.manifest)
    other.__dict__["trials"] = tuple(map(change, run.trials))
    return other


def with_unsent(trial: Trial, times: int) -> Trial:
    """The trial with so many times the requests that it sent, the others not sent."""
    counts, sent = trial.counts, trial.counts.sent
    counts = replace(counts, scheduled=sent * (1 + times), dropped=sent * times)
    return replace(trial, counts=counts)


def is_open(trial: Trial, stack: str, load: Load) -> bool:
    planned = trial.planned
    return (planned.scenario, planned.stack, planned.load) == ("user_detail", stack, load)


def test_connections_count_where_all_but_one_in_a_hundred_were_kept(chosen_run: Run) -> None:
    def kept(trial: Trial) -> Trial:
        whole = trial.planned.stack != "flask" and trial.connection_states is not None
        return (
            replace(trial, connection_states=ConnectionStates(1000, 0, 0, 0, 1000, 0, 0))
            if whole
            else trial
        )

    run = with_trials(chosen_run, kept)

    assert score(criteria(run, findings=findings()), "connections held") == {
        "Django": 1.0,
        "Flask": 0.0,
        "FastAPI": 1.0,
    }


def test_a_number_of_connections_whose_requests_are_late_does_not_count(chosen_run: Run) -> None:
    def late(trial: Trial) -> Trial:
        if trial.connection_states is None:
            return trial
        whole = replace(trial, connection_states=ConnectionStates(1000, 0, 0, 0, 1000, 0, 0))
        return with_unsent(whole, 1) if trial.planned.stack == "django" else whole

    run = with_trials(chosen_run, late)
    most = most_held(connections(run)).set_index("framework")["most"].to_dict()
    found = criteria(run, findings=findings())

    assert most == {"Django": 0, "Flask": 1000, "FastAPI": 1000}
    rows = found.table[found.table["criterion"] == "connections held"]
    assert dict(zip(rows["framework"], rows["value"], strict=True)) == most
    assert score(found, "connections held") == {"Django": 0.0, "Flask": 1.0, "FastAPI": 1.0}


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run in which each framework serves 200 user details a second within the limit and not
    FASTER, and every dashboard."""
    run = synthetic_run(
        tmp_path_factory.mktemp("bounded"),
        Truth(MEDIANS),
        scenarios=("user_detail", "dashboard"),
        loads=(CLOSED, OPEN, FASTER),
    )
    return with_trials(
        run,
        lambda trial: (
            with_unsent(trial, 1)
            if any(is_open(trial, name, FASTER) for name in MEDIANS)
            else trial
        ),
    )


def test_throughput_within_limit_lies_between_the_rates_of_rates_in_time(bounded: Run) -> None:
    rates = rates_in_time(bounded).query("scenario == 'user_detail'").set_index("framework")
    found = criteria(bounded, findings=findings())
    rows = found.table[found.table["criterion"] == "throughput within limit"].set_index("framework")

    assert rows["part"].unique().tolist() == ["user_detail"]  # a dashboard has no upper end
    assert rows["low"].to_dict() == rates["rate_per_s"].to_dict()
    assert rows["high"].to_dict() == rates["missed_per_s"].to_dict()
    assert rows["value"].tolist() == pytest.approx([(200 * 400) ** 0.5] * 3)


@pytest.mark.parametrize(("load", "times"), [(FASTER, 0), (OPEN, 1)], ids=["all", "none"])
def test_capacity_that_was_not_measured_of_one_framework_counts_for_none(
    bounded: Run, load: Load, times: int
) -> None:
    """It serves every rate that it was offered, or none: then its capacity is not known."""
    run = with_trials(
        bounded, lambda trial: with_unsent(trial, times) if is_open(trial, "flask", load) else trial
    )
    found = criteria(run, findings=findings())

    assert "throughput within limit" not in set(found.table["criterion"])
    assert "throughput within limit" in found.unmeasured


def test_a_question_without_a_finding_for_one_framework_is_excluded(chosen_run: Run) -> None:
    asked = findings()
    lacking = asked[(asked["framework"] != "Flask") | (asked["capability"] != "admin")]

    assert "admin" in criteria(chosen_run, findings=lacking).unmeasured


def test_a_framework_that_the_run_lacks_is_not_chosen(tmp_path: Path) -> None:
    run = synthetic_run(tmp_path, Truth({"flask": 50.0, "fastapi": 10.0}))
    few = criteria(run, findings=findings())

    assert few.frameworks == ("Flask", "FastAPI")
    assert set(recommended(run, measured=few)["first"]) <= {"Flask", "FastAPI"}


# --- who comes first


def test_a_total_is_the_weighted_mean_of_the_scores(found: Criteria) -> None:
    weights = {"microservices": {"throughput": 3, "admin": 1}}
    table = totals(found, weights).query("project == 'microservices'").set_index("framework")
    expected = (3 * score(found, "throughput")["Django"] + score(found, "admin")["Django"]) / 4

    assert table.loc["Django", "total"] == pytest.approx(expected)
    assert table.loc["Django", "low"] < expected < table.loc["Django", "high"]


def test_every_kind_of_project_has_a_first_place_beside_the_articles(
    chosen_run: Run, found: Criteria
) -> None:
    table = recommended(chosen_run, measured=found)

    assert table["project"].tolist() == list(RECOMMENDED)
    for row in table.to_dict("records"):
        names = RECOMMENDED[str(row["project"])]
        assert row["article"] == " or ".join(names)
        assert row["agrees"] == (row["first"] in names)
        assert row["total"] >= row["second_total"]


def test_what_differs_clearly_is_first_in_every_draw(chosen_run: Run, found: Criteria) -> None:
    weights = {"high-performance API": {"throughput": 1}, "MVP or prototype": {"admin": 1}}
    table = recommended(chosen_run, weights, found).set_index("project")

    assert table.loc["high-performance API", "first"] == "FastAPI"
    assert table.loc["high-performance API", "probability"] > 0.999
    assert tuple(table.loc["MVP or prototype", ["first", "probability"]]) == ("Django", 1.0)
    assert table.loc["high-performance API", "blocks_untouched"] == 3
    assert table.loc["MVP or prototype", "blocks_untouched"] == inf


def test_what_hardly_differs_is_first_in_some_draws_only(alike: Criteria) -> None:
    weights = {"high-performance API": {"throughput": 1, "cost per request": 1}}
    table = totals(alike, weights).query("project == 'high-performance API'")
    likely = table.set_index("framework")["probability"]

    assert likely.sum() == pytest.approx(1)
    assert 0.02 < likely["Django"] < 0.98
    assert 0.02 < likely["FastAPI"] < 0.98


def test_one_block_gives_a_first_place_without_certainty(one_block: Run) -> None:
    few = criteria(one_block, findings=findings())
    table = recommended(one_block, measured=few).set_index("project")
    fast = table.loc["high-performance API"]

    assert fast["first"] == "FastAPI"
    assert pd.isna(fast["probability"])
    assert (
        "throughput within limit" in fast["lacking"] or "throughput within limit" in fast["weighed"]
    )
    assert "no interval" in choosing_text(table.reset_index()).text
    assert "nan" not in recommended_table(table.reset_index()).text()


def test_without_a_measured_criterion_no_framework_is_first(one_block: Run) -> None:
    few = criteria(one_block, findings=findings())
    weights = {"real-time application": {"connections held": 1}}
    row = recommended(one_block, weights, few).set_index("project").loc["real-time application"]

    assert pd.isna(row["first"])
    shown = recommended_table(recommended(one_block, weights, few)).cells()
    assert shown[4] == ["real-time application", *"–––", "FastAPI", "no", "connections held"]
    assert not row["agrees"]
    assert row["lacking"] == "connections held"


def test_the_sentence_names_projects_with_another_first_place(
    chosen_run: Run, found: Criteria
) -> None:
    weights = {"simple REST API": {"admin": 1}}
    text = choosing_text(recommended(chosen_run, weights, found)).text

    assert "It differs for" in text
    assert "simple REST API (Django" in text
    assert "article: Flask" in text


# --- weights


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"blog": {"admin": 1}}, "unknown project 'blog'; known: traditional web app"),
        ({"microservices": {"speed": 1}}, "unknown criterion 'speed'; known: throughput"),
        ({"microservices": {"memory": -1}}, "memory = -1; use a number from 0"),
        ({"microservices": {"memory": float("nan")}}, "memory = nan"),
        ({"microservices": {"memory": "much"}}, "memory = 'much'"),
        ({"microservices": {"memory": 0}}, "are all 0"),
    ],
)
def test_invalid_weights_are_rejected_with_the_known_names(given: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        weights_of(given)


def test_weights_that_are_given_replace_those_of_their_project_alone() -> None:
    chosen = weights_of({"microservices": {"memory": 2}})

    assert chosen["microservices"] == {"memory": 2}
    assert chosen["simple REST API"] == dict(WEIGHTS["simple REST API"])
    assert "memory" in weights_table({"microservices": {"memory": 2}}).text()


# --- smallest changes of weights


def test_the_nearest_weight_is_where_the_rival_draws_level() -> None:
    two = one({"throughput": (1.0, 0.5), "admin": (0.0, 1.0)})
    weights = {"microservices": {"throughput": 3, "admin": 1}}
    row = moves(two, weights).set_index("project").loc["microservices"]

    # 3 · 0.5 ahead, 1 behind: level at a throughput of 2, or an admin of 1.5.
    assert (row["first"], row["criterion"], row["rival"]) == ("A", "admin", "B")
    assert row["needed"] == pytest.approx(1.5)
    assert row["share"] == pytest.approx(0.5 / 4)


def test_beyond_the_nearest_weight_the_rival_leads(chosen_run: Run, found: Criteria) -> None:
    for row in moves(found).dropna(subset=["needed"]).to_dict("records"):
        beyond = row["needed"] + 0.001 * (1 if row["needed"] > row["weight"] else -1)
        changed = {row["project"]: WEIGHTS[row["project"]] | {row["criterion"]: max(beyond, 0)}}
        table = recommended(chosen_run, changed, found).set_index("project")
        assert table.loc[row["project"], "first"] == row["rival"]


def test_the_least_move_takes_from_one_and_gives_to_another() -> None:
    two = one({"throughput": (1.0, 0.5), "admin": (0.0, 1.0)})
    row = moves(two, {"microservices": {"throughput": 3, "admin": 1}}).set_index("project")

    # x from throughput to admin: (3 − x) · 0.5 = 1 + x, so x = 1/3 of 4.
    assert row.loc["microservices", "moved"] == pytest.approx(1 / 12)
    assert row.loc["microservices", "moved_from"] == "throughput"
    assert row.loc["microservices", "moved_to"] == "admin"


def test_the_least_move_is_never_more_than_the_single_one(found: Criteria) -> None:
    table = moves(found).dropna(subset=["share"])

    assert (table["moved"] <= table["share"] + 1e-9).all()


def test_who_is_best_in_all_stays_first_whatever_the_weights() -> None:
    two = one({"throughput": (1.0, 0.5), "admin": (1.0, 0.0)})
    table = moves(two, {"microservices": {"throughput": 1}}).set_index("project")
    row = table.loc["microservices"]

    assert row["first"] == "A"
    assert pd.isna(row["needed"])
    assert pd.isna(row["moved"])
    assert "impossible" in moves_table(table.reset_index()).text()


def test_the_sentence_names_the_first_place_that_changes_most_easily(found: Criteria) -> None:
    table = moves(found)
    least = table.sort_values("moved").iloc[0]

    assert f"that for {least['project']}:" in moves_text(table).text


def test_scores_are_shown_with_their_ranges(found: Criteria) -> None:
    shown = scores_table(scores(found), 75.0).text()

    assert "throughput" in shown
    assert "99 % of the requests are answered within 75 ms" in shown
    assert "1.00" in shown
    assert "nan" not in shown


def test_every_question_that_a_criterion_reads_is_in_the_shipped_findings() -> None:
    with FILE.open(encoding="utf-8", newline="") as file:
        there = {(row["capability"], row["question"]) for row in csv.DictReader(file)}
    read = {(capability, question) for _, capability, question, _ in _PROBED}
    assert read - there == set()
