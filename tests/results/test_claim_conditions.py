"""Claims that are judged only under their own conditions: work that waits, stacks that match,
numbers that were offered."""

import json
from collections.abc import Mapping
from dataclasses import replace
from math import isnan, nan
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.results.claimed import (
    HELD,
    MATCHED,
    MEDIANS,
    QUIET,
    WAITING,
    claimed_run,
    judged_alone,
    reason,
    verdicts,
)
from tests.synthetic_run import CLOSED, OPEN, Truth, manifest_of, synthetic_run, vouch_for
from webtrial.results.base.formatting import number
from webtrial.results.claims.evaluate import Verification
from webtrial.results.claims.io_bound import busy_fraction
from webtrial.results.connections.estimate import connections
from webtrial.run.parameters import Parameters
from webtrial.run.records import Load
from webtrial.run.store import Run, open_run

FACTORS = {"django": 66.0, "flask": 60.0, "fastapi": 12.0}  # 5.5 and 5 times, as is claimed
BUSY = {name: ms / 40 for name, ms in FACTORS.items()}  # ms of CPU per request: more than a core


def waiting_run(folder: Path, cpu_ms: Mapping[str, float], **given: Any) -> Verification:
    """Verdicts on a run of the stacks as deployed; `cpu_ms` per request by stack."""
    truth = replace(QUIET, median_ms=FACTORS, cpu_ms=cpu_ms)
    run = claimed_run(folder, truth, loads=(CLOSED,), extra_stacks={}, **given)
    return judged_alone(run, "io-bound-range")


def deployed(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in ("django", "flask", "fastapi")}


def changed(run: Run, change: Any) -> Run:
    """The run with every trial's record changed."""
    for path in run.path.glob("trials/*.json"):
        record = json.loads(path.read_text())
        change(record)
        path.write_text(json.dumps(record))
    vouch_for(run.path)
    return open_run(run.path)


# --- I/O-bound work


def test_a_cpu_bound_run_cannot_test_io_bound_work(tmp_path: Path) -> None:
    judged = waiting_run(tmp_path, BUSY)
    assert verdicts(judged)["io-bound-range"] == "not testable here"
    text = reason(judged, "io-bound-range")
    assert text.startswith("needs I/O-bound work: at 100 users every scenario was CPU-bound (cores")
    assert all(f"{name} " in text for name in ("crud", "product search", "dashboard"))
    assert judged.parts.query("id == 'io-bound-range'").empty


def test_work_that_waits_is_judged(tmp_path: Path) -> None:
    judged = waiting_run(tmp_path, WAITING)
    assert verdicts(judged)["io-bound-range"] == "supported"
    assert len(judged.parts.query("id == 'io-bound-range'")) == 6


def test_cpu_bound_comparisons_are_excluded_and_reported(tmp_path: Path) -> None:
    judged = waiting_run(tmp_path, WAITING | {"flask": BUSY["flask"]})
    parts = judged.parts.query("id == 'io-bound-range'")
    assert parts["what"].str.startswith("FastAPI / Django").all()
    assert len(parts) == 3
    assert "the others were CPU-bound (cores busy: crud " in reason(judged, "io-bound-range")


def test_without_cpu_time_nothing_is_known_about_waiting(tmp_path: Path) -> None:
    truth = replace(QUIET, median_ms=deployed(MEDIANS))
    run = claimed_run(tmp_path, truth, loads=(CLOSED,), extra_stacks={})
    run = changed(run, lambda trial: trial["cost"].update(service_cpu_s=None))
    judged = judged_alone(run, "io-bound-range")
    assert verdicts(judged)["io-bound-range"] == "not testable here"
    assert "crud not recorded" in reason(judged, "io-bound-range")


def test_a_scenario_that_was_not_measured_is_still_needed(tmp_path: Path) -> None:
    judged = waiting_run(tmp_path, WAITING, scenarios=("crud", "dashboard"))
    assert verdicts(judged)["io-bound-range"] == "not testable here"
    assert "needs a run with fastapi and django on product_search" in reason(
        judged, "io-bound-range"
    )


@pytest.mark.parametrize(
    ("budgets", "service_ms", "database_ms", "busy"),
    [
        ({"service_cores": [0]}, 0.6, 0.3, 0.9),  # all share one core
        ({"service_cores": [0, 1, 2, 3]}, 0.9, 0.3, 0.9),  # one process computes on one core
        ({"service_cores": [0, 1], "server_processes": 2}, 0.9, 0.3, 0.6),
        ({}, 0.9, 0.3, 0.9),  # the machine's two cores
        ({"service_cores": [0]}, 0.6, nan, 0.6),  # a database on another machine
    ],
)
def test_the_busier_of_process_and_cores_counts(
    budgets: dict[str, Any], service_ms: float, database_ms: float, busy: float
) -> None:
    manifest = manifest_of(Parameters.model_construct(), {}).model_copy(update={"budgets": budgets})
    trials = pd.DataFrame(
        {
            "completed": [2000],
            "window_s": [2.0],
            "cpu_ms_per_request": [service_ms],
            "database_cpu_ms_per_request": [database_ms],
            "upstreams_cpu_ms_per_request": [0.0],
        }
    )
    assert busy_fraction(trials, manifest) == pytest.approx(busy)
    assert isnan(busy_fraction(trials.assign(cpu_ms_per_request=nan), manifest))


# --- the dashboard's upper bound


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("dashboard")
    return synthetic_run(folder, Truth(deployed(MEDIANS)), scenarios=("dashboard",), loads=(OPEN,))


def dashboard_reason(run: Run) -> str:
    return reason(judged_alone(run, "dashboard-fanout"), "dashboard-fanout")


def test_the_reason_states_the_largest_factor_that_the_sources_allow(dashboard: Run) -> None:
    text = dashboard_reason(dashboard)
    # 21 + 22 + 0.3 ms in turn, 22 ms at once
    assert "calling the sources in turn can by itself take at most 2.0 times as long" in text
    assert "inventory 21 ms, analytics 22 ms and PostgreSQL (all statements) 0.30 ms" in text


def test_the_upper_bound_follows_from_the_times_of_the_sources(
    dashboard: Run, tmp_path: Path
) -> None:
    def slower(trial: dict[str, Any]) -> None:
        trial["upstreams"][0]["actual_mean_ms"] = 66.0

    copy = synthetic_run(
        tmp_path, Truth(deployed(MEDIANS)), scenarios=("dashboard",), loads=(OPEN,)
    )
    text = dashboard_reason(changed(copy, slower))
    assert "at most 1.3 times as long" in text  # (66 + 22 + 0.3) / 66


def test_without_upstreams_there_is_no_upper_bound(tmp_path: Path) -> None:
    run = synthetic_run(tmp_path, Truth(deployed(MEDIANS)), scenarios=("crud",), loads=(OPEN,))
    assert "at most" not in dashboard_reason(run)


# --- matched stacks


def memory_judged(folder: Path, memory_mib: Mapping[str, float], *stacks: str) -> Verification:
    names = (*deployed(MEDIANS), *stacks)
    truth = Truth(
        dict.fromkeys(names, 20.0), noise=0.005, memory_mib=dict(memory_mib), cpu_ms=WAITING
    )
    run = synthetic_run(folder, truth, extra_stacks={"user_detail": stacks})
    return judged_alone(run, "footprint-fastapi")


def test_the_footprint_is_that_of_matched_stacks_whatever_they_take_as_deployed(
    tmp_path: Path,
) -> None:
    memory_mib = {"fastapi": 60.0, "flask-raw-plain": 100.0}
    judged = memory_judged(tmp_path, memory_mib, *MATCHED)
    assert verdicts(judged)["footprint-fastapi"] == "refuted"
    text = reason(judged, "footprint-fastapi")
    assert text.startswith("matched stacks: FastAPI, psycopg, plain / Django, raw SQL, user detail")
    assert "FastAPI, psycopg, plain / Flask, raw SQL, plain, user detail" in text
    assert "; unmatched, does not count: FastAPI / Django, user detail 0.5" in text


def test_an_unlike_stack_that_comes_first_is_not_taken_for_the_matched(tmp_path: Path) -> None:
    """Of unlike serialiser, of unlike driver, and run in another way than its framework is."""
    unlike = ("flask-raw", "fastapi-plain", "fastapi-threads", "django-async-raw")
    memory_mib = dict.fromkeys(unlike, 30.0) | {"fastapi-psycopg-plain": 60.0}
    judged = memory_judged(tmp_path, memory_mib, *unlike, *MATCHED)
    assert verdicts(judged)["footprint-fastapi"] == "supported"
    parts = judged.parts.query("id == 'footprint-fastapi'")
    assert parts["what"].tolist() == [
        "FastAPI, psycopg, plain / Django, raw SQL, user detail",
        "FastAPI, psycopg, plain / Flask, raw SQL, plain, user detail",
    ]


@pytest.mark.parametrize(
    ("measured", "missing"),
    [
        ((), "no FastAPI stack with an ORM and a serialiser"),
        (MATCHED[::2], "no Flask stack with raw SQL and no serialiser"),
    ],
)
def test_without_a_matched_pair_the_missing_stack_is_named(
    tmp_path: Path, measured: tuple[str, ...], missing: str
) -> None:
    judged = memory_judged(tmp_path, {"fastapi-psycopg-plain": 60.0}, *measured)
    assert verdicts(judged)["footprint-fastapi"] == "not testable here"
    text = reason(judged, "footprint-fastapi")
    assert "needs a matched pair of FastAPI and Flask on user detail; this run has no " in text
    assert missing in text


# --- numbers that were offered


def test_the_reason_reports_that_held_connections_were_idle(tmp_path: Path) -> None:
    def wait_for_threads(trial: dict[str, Any]) -> None:
        if trial["planned"]["load"]["idle"]:
            trial["client"]["in_flight_observed"] = 50.0

    truth = replace(QUIET, median_ms=deployed(MEDIANS))
    idle = Load("persistent", connections=50, rate_per_s=200.0, idle=200)
    loads = (*HELD, idle)
    run = claimed_run(tmp_path, truth, scenarios=("crud",), loads=loads, extra_stacks={})
    run = changed(run, wait_for_threads)
    most = connections(run).query("stack == 'flask' and idle == 0")["in_progress"].max()
    text = reason(judged_alone(run, "crud-connections-flask"), "crud-connections-flask")
    assert (
        "connections that send requests were mostly idle: together they sent 200/s, with at most"
        f" {number(most)} requests in progress on average"
    ) in text
    assert "raised" not in text


def test_a_raised_connection_limit_is_reported_for_servers_that_have_one(
    tmp_path: Path,
) -> None:
    truth = replace(QUIET, median_ms=deployed(MEDIANS))
    run = claimed_run(tmp_path, truth, scenarios=("crud",), loads=HELD[:1], extra_stacks={})
    manifest = run.manifest.model_copy(deep=True)
    manifest.budgets["accepted_connections"] = 6000
    manifest.stacks["flask"]["command"] = ["gunicorn", "{accepted_connections}"]
    names = ("crud-connections-flask", "crud-connections-fastapi")
    judged = judged_alone(replace(run, manifest=manifest), *names)
    assert "the server's connection limit was raised to 6,000" in reason(
        judged, "crud-connections-flask"
    )
    assert "raised" not in reason(judged, "crud-connections-fastapi")


def test_users_whose_rate_was_not_offered_are_not_judged(tmp_path: Path) -> None:
    """5,000 users with 7 s of think time send 714/s. 100/s are served and 1,030/s are undecided,
    which does not decide 714/s."""
    rates = (Load("open", rate_per_s=100.0), Load("open", rate_per_s=1030.0))
    truth = Truth(deployed(MEDIANS), noise=0.005, refused=0.01)
    run = synthetic_run(tmp_path, truth, scenarios=("product_search",), loads=rates, window_s=4.0)
    judged = judged_alone(run, "search-users-fastapi")
    row = judged.table.set_index("id").loc["search-users-fastapi"]
    assert row["verdict"] == "not testable here"
    assert row["reason"].startswith(
        "needs arrivals of product_search at 714/s; this run offered 700 and 7,210 users"
    )
