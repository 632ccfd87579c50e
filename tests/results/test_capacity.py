"""Capacity and floor: sweeps over users, what a ping takes."""

import pandas as pd
import pytest

from tests.synthetic_run import CLOSED, LATE, Truth, synthetic_run
from webtrial.results.capacity.estimate import sweep
from webtrial.results.capacity.text import capacity_figure_text, processes_text
from webtrial.results.cost.floor import floor
from webtrial.results.cost.text import floor_table
from webtrial.results.latency.estimate import latency_against_load
from webtrial.run.records import Load, Reason, Validity
from webtrial.run.store import Run
from webtrial.stats.estimates import throughput_table
from webtrial.stats.trials import trials_table

BUSY = Validity("invalid", (Reason("client_cpu", "instrument", "invalid", "90 % of its core"),))
TEN = Load("closed", users=10)


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    truth = Truth({"django": 50.0, "fastapi": 10.0}, noise=0.0, drift=0.0)
    loads = (CLOSED, TEN)
    folder = tmp_path_factory.mktemp("swept")
    return synthetic_run(folder, truth, scenarios=("ping", "user_detail"), loads=loads, window_s=2)


def test_a_sweep_is_throughput_and_response_time_by_users(swept):
    table = sweep(swept, "user_detail").set_index(["stack", "users"])
    rates = throughput_table(swept).query("scenario == 'user_detail'")
    times = latency_against_load(swept, (50,), ["user_detail"]).set_index(["stack", "load"])
    row = table.loc["django", 100]

    assert sorted(table.index) == [
        ("django", 10),
        ("django", 100),
        ("fastapi", 10),
        ("fastapi", 100),
    ]
    rate = rates.query("stack == 'django' and load == '100 users'")["value"].item()
    assert row["throughput_per_s"] == rate
    assert row["p50_ms"] == times.loc[("django", "100 users"), "latency_ms"]
    assert row["p50_ms"] < row["p90_ms"]


def test_a_single_load_is_no_sweep(run):
    assert sweep(run, "user_detail").empty


def test_the_title_of_a_sweep_names_the_most_and_the_least(swept):
    title = capacity_figure_text(sweep(swept, "user_detail"), 0).title

    assert title.startswith("User detail: requests per second peak at 9,")
    assert " with FastAPI (10" in title
    assert " with Django (10" in title


def test_a_floor_is_what_a_ping_takes_of_a_request(swept):
    table = floor(swept).set_index("stack")
    row = table.loc["django"]

    assert row["ping_cpu_ms"] == pytest.approx(0.5)
    assert row["floor_share"] == pytest.approx(1)
    rates = throughput_table(swept).query("scenario == 'ping' and load == '100 users'")
    assert row["ping_per_s"] == rates.set_index("stack")["value"]["django"]
    assert table["times_bare"].isna().all()


def test_a_floor_is_compared_with_the_bare_server(tmp_path):
    truth = Truth({"flask": 40.0, "bare": 5.0}, noise=0.0)
    table = floor(synthetic_run(tmp_path, truth, scenarios=("ping",))).set_index("stack")

    assert table.loc["flask", "times_bare"] == pytest.approx(8)
    assert table.loc["bare", "times_bare"] == 1
    assert table["floor_share"].isna().all()


def test_a_server_that_is_faster_than_the_driver_has_a_least_rate_and_its_own_cost(tmp_path):
    verdicts = {(block, "bare"): (BUSY,) for block in (1, 2, 3)}
    truth = Truth({"flask": 40.0, "bare": 5.0}, noise=0.0, verdicts=verdicts)
    run = synthetic_run(tmp_path, truth, scenarios=("ping",))
    table = floor(run).set_index("stack")

    rates = trials_table(run).query("stack == 'bare'")["throughput_per_s"]
    assert pd.isna(table.loc["bare", "ping_per_s"])
    assert table.loc["bare", "at_least_per_s"] == pytest.approx(rates.median())
    assert table.loc["flask", "times_bare"] == pytest.approx(8)
    assert pd.isna(table.loc["flask", "at_least_per_s"])
    assert "at least" in floor_table(floor(run)).html()


def test_a_server_whose_trials_have_another_fault_as_well_has_none(tmp_path):
    both = Validity("invalid", (*BUSY.reasons, *LATE.reasons))
    verdicts = {(block, "bare"): (both,) for block in (1, 2, 3)}
    truth = Truth({"flask": 40.0, "bare": 5.0}, noise=0.0, verdicts=verdicts)
    table = floor(synthetic_run(tmp_path, truth, scenarios=("ping",))).set_index("stack")

    assert table.loc["bare", ["ping_per_s", "at_least_per_s", "ping_cpu_ms"]].isna().all()
    assert table["times_bare"].isna().all()


def test_a_run_without_ping_has_no_floor(run):
    assert floor(run).empty


@pytest.mark.parametrize(
    ("cores", "ends"),
    [
        ([0], "have 1 core on this machine, so 2 and 4 are refused."),
        ([0, 1], "have 2 cores on this machine, so 4 is refused."),
        ([0, 1, 2, 3], "have 4 cores on this machine."),
    ],
)
def test_the_text_states_how_many_processes_the_cores_allow(run, cores, ends):
    budgets = {"server_processes": 1, "service_cores": cores}
    said = processes_text(Run(run.path, run.manifest.model_copy(update={"budgets": budgets}))).text

    assert said.startswith("Server processes of each stack in this run: 1.")
    assert said.endswith(ends)


def test_the_text_is_empty_for_processes_of_others(run):
    assert processes_text(run).text == ""
