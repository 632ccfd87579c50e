"""Connections that are held: each figure against what the run was drawn from."""

from dataclasses import replace

import pytest

from tests.synthetic_run import CLOSED, LATE, STOLEN, Truth, synthetic_run
from webtrial.results.connections.estimate import connections, is_held, most_held
from webtrial.results.connections.figure import held_figure
from webtrial.results.connections.server_limits import (
    keep_alive_exceptions_s,
    keep_alive_s,
    numeric_options,
)
from webtrial.results.connections.text import (
    connections_text,
    held_table,
    held_text,
    idle_table,
    idle_text,
    servers_table,
)
from webtrial.results.validity.tables import budgets_table
from webtrial.run.records import ConnectionStates, Load
from webtrial.run.store import Run
from webtrial.stats.histogram import RESOLUTION
from webtrial.stats.trials import latencies, measured, trials_table

FEW, SOME, MANY = (Load("persistent", connections=n, rate_per_s=250.0) for n in (100, 1000, 5000))
IDLE = replace(FEW, idle=200)
LOST = {"django": 0.0, "flask": 0.012, "fastapi": 0.0}
MEDIANS = {"django": 20.0, "flask": 30.0, "fastapi": 10.0}


def altered(run, change):
    """`run` with every trial of held connections changed."""
    other = Run(run.path, run.manifest)
    other.__dict__["trials"] = tuple(
        change(trial) if trial.connection_states is not None else trial for trial in run.trials
    )
    return other


def with_unsent(trial, times):
    """The trial with so many times its requests more, which could not be sent."""
    sent = trial.counts.scheduled
    counts = replace(
        trial.counts, scheduled=sent + round(times * sent), dropped=round(times * sent)
    )
    return replace(trial, counts=counts)


@pytest.fixture(scope="module")
def holding(tmp_path_factory):
    folder = tmp_path_factory.mktemp("holding")
    loads = (FEW, SOME, MANY, IDLE, CLOSED)
    run = synthetic_run(folder, Truth(MEDIANS, lost=LOST), loads=loads, window_s=2)
    parameters = run.manifest.parameters.model_copy(
        update={"persistent_connections": [100, 1000, 5000]}
    )
    return Run(run.path, run.manifest.model_copy(update={"parameters": parameters}))


@pytest.fixture(scope="module")
def table(holding):
    return connections(holding)


def row_of(table, stack, load):
    return table[(table["stack"] == stack) & (table["load"] == str(load))].iloc[0]


def test_there_is_a_row_for_each_load_and_stack_with_idle_ones_last(table):
    loads = [str(load) for load in (FEW, SOME, MANY, IDLE)]

    assert table["load"].drop_duplicates().tolist() == loads
    assert table["stack"].tolist() == ["django", "flask", "fastapi"] * 4
    assert (table["blocks"] == 3).all()


def test_percentiles_are_of_the_windows_requests_and_of_those_on_opening(holding, table):
    chosen = measured(trials_table(holding))
    chosen = chosen[(chosen["stack"] == "flask") & (chosen["load"] == str(SOME))]
    later = latencies(holding, chosen)["latency_ms"]
    row = row_of(table, "flask", SOME)

    assert row["p50_ms"] == pytest.approx(later.median(), rel=RESOLUTION)
    assert row["p50_low"] < row["p50_ms"] < row["p50_high"]
    assert row["p50_ms"] < row["p90_ms"]
    assert row["requests"] == len(later)
    warm = [holding.samples(trial) for trial in holding.trials if of(trial, "flask", SOME)]
    on_opening = [sum(frame["phase"] == "warmup") for frame in warm]
    assert sum(on_opening) > 20
    assert row["opening_p50_ms"] == pytest.approx(row["p50_ms"], rel=0.4)


def of(trial, stack, load):
    return (trial.planned.stack, trial.planned.load) == (stack, load)


def test_a_99th_percentile_of_few_requests_is_not_shown_and_yet_judged(table):
    assert table["p99_ms"].isna().all()
    assert row_of(table, "fastapi", MANY)["holds"]


def test_losses_and_memory_are_those_of_the_records(holding, table):
    row = row_of(table, "flask", SOME)
    trial = next(trial for trial in holding.trials if of(trial, "flask", SOME))
    cost = trial.cost
    grown_mib = cost.service_memory_mib - cost.service_memory_before_mib

    assert row["lost_fraction"] == pytest.approx(0.012)
    assert row["kib_each"] == pytest.approx(1024 * grown_mib / trial.connection_states.opened)
    assert row["memory_mib"] == pytest.approx(cost.service_memory_mib)
    assert row_of(table, "flask", IDLE)["idle_open"] == 200


def test_connections_with_a_request_in_progress_are_counted(holding, table):
    trials = [trial for trial in holding.trials if of(trial, "django", MANY)]
    counted = sum(trial.client.in_flight_observed for trial in trials) / len(trials)

    assert row_of(table, "django", MANY)["in_progress"] == pytest.approx(counted)
    said = connections_text(holding, table, 100.0).text
    assert "Of 5,000 connections, " in said
    assert "had a request in progress on average; the others were between requests" in said


def test_a_stack_holds_the_largest_number_that_it_does_not_fail(table):
    most = most_held(table).set_index("stack")

    assert most["most"].to_dict() == {"django": 5000, "flask": 300, "fastapi": 5000}
    assert most.loc["flask", ["missed", "missed_idle"]].tolist() == [1000, 0]
    assert most.loc[["django", "fastapi"], "missed"].isna().all()
    assert held_text(most.reset_index()) == (
        "Django and FastAPI hold at least 5,000 connections; Flask holds 300 connections (not"
        " 1,000)"
    )


def test_connections_that_never_send_a_request_count_like_any_other(holding):
    def starved(trial):
        whole = replace(trial, connection_states=held_whole(trial))
        return with_unsent(whole, 99) if of(trial, "flask", IDLE) else whole

    table = connections(altered(holding, starved))
    flask = most_held(table).set_index("stack").loc["flask"]

    assert not row_of(table, "flask", IDLE)["holds"]
    assert flask[["most", "missed", "missed_idle"]].tolist() == [100, 300, 200]
    said = connections_text(holding, table, 100.0).text
    assert "Flask holds 100 connections (not 300 if 200 of them never send a request)" in said
    assert "With requests on every connection, Django, Flask and FastAPI hold at least" in said
    title = held_figure(holding, table, 100.0).title
    assert title.startswith("With requests on every connection, Django, Flask and FastAPI hold")


def held_whole(trial):
    load = trial.planned.load
    return ConnectionStates(load.connections, 0, 0, 0, load.connections, load.idle, load.idle)


def test_idle_connections_that_a_server_closes_are_lost(holding):
    def closed(trial):
        idle = trial.planned.load.idle
        return replace(
            trial, connection_states=replace(held_whole(trial), idle_still_open=idle // 2)
        )

    row = row_of(connections(altered(holding, closed)), "django", IDLE)

    assert row["lost_fraction"] == pytest.approx(100 / 300)
    assert not row["holds"]


@pytest.mark.parametrize("limit_ms", [0.5, 1.0])
def test_a_number_whose_answers_are_late_is_not_held(holding, limit_ms):
    table = connections(holding, limit_ms)

    assert not table["holds"].any()
    assert (table["late_fraction"] > 0.01).all()
    assert held_text(most_held(table)) == (
        "Django, Flask and FastAPI hold fewer than 100 connections"
    )


@pytest.mark.parametrize(
    ("lost_share", "late", "requests", "held"),
    [
        (0.0, 0, 300, True),
        (0.01, 0, 300, True),
        (0.011, 0, 300, False),
        (0.011, 0, 10, False),
        (0.0, 0, 299, None),
        (0.0, 12, 400, False),
    ],
)
def test_connections_are_held_if_they_stay_and_their_requests_are_served(
    lost_share, late, requests, held
):
    assert is_held(lost_share, late, requests) is held


def test_a_number_of_which_requests_fail_or_are_not_sent_is_not_held(holding):
    table = connections(altered(holding, lambda trial: with_unsent(trial, 0.03)))

    assert table["failed_fraction"].tolist() == pytest.approx([0.03 / 1.03] * 12, abs=0.002)
    assert not table["holds"].any()


def test_too_few_requests_decide_nothing(tmp_path):
    seldom = replace(FEW, rate_per_s=50.0)
    run = synthetic_run(tmp_path, Truth({"django": 20.0}, lost=LOST), loads=(seldom,), blocks=1)
    table = connections(run)

    assert table["late_fraction"].tolist() == [0]
    assert table["holds"].tolist() == [None]
    assert most_held(table)["unknown"].tolist() == [1]
    assert held_text(most_held(table)) == "Django holds an unknown number of connections"


def test_the_text_compares_held_connections_with_the_articles_numbers(holding, table):
    said = connections_text(holding, table, 100.0).text

    assert "Django and FastAPI hold at least 5,000 connections" in said
    assert "at most 1 % of the connections were lost" in said
    assert "at least 99 % of the requests were answered within 100 ms" in said
    assert "The article's numbers: Django 500, Flask 500, FastAPI 5,000 or more." in said
    assert "nan" not in said


def test_idle_connections_are_an_experiment_of_their_own(holding, table):
    starving = altered(
        holding, lambda trial: with_unsent(trial, 99) if of(trial, "flask", IDLE) else trial
    )
    found = connections(starving)
    cells = idle_table(found).cells()

    without = [["Django", "100", "0"], ["Flask", "100", "0"], ["FastAPI", "100", "0"]]
    assert [row[:3] for row in cells[:3]] == without
    assert [row[:3] for row in cells[3:]] == [[*row[:2], "200"] for row in without]
    assert idle_text(found).text == (
        "With 200 idle connections open, these shares of the other requests were answered: Django"
        " 100.0 %, Flask 1.0 %, FastAPI 100.0 %."
    )
    assert [row[-1] for row in cells[3:]] == ["yes", "no", "yes"]


def test_the_figure_shows_sending_connections_and_crosses_what_is_not_held(holding, table):
    memory, times = held_figure(holding, table, 100.0).figure.axes
    crossed = [line for line in memory.lines if line.get_marker() == "x" and len(line.get_xdata())]

    assert [text.get_text() for text in memory.get_xticklabels()] == ["100", "1,000", "5,000"]
    assert [list(line.get_xdata()) for line in crossed] == [[1000, 5000]]
    labels = {"Django", "Flask", "FastAPI", "limit of the 99th percentile: 100 ms"}
    assert {text.get_text() for text in times.texts} == labels


def test_the_caption_states_suspect_and_invalid_trials(tmp_path):
    verdicts = {(1, "django"): [STOLEN], (2, "django"): [LATE]}
    run = synthetic_run(
        tmp_path, Truth({"django": 20.0}, lost=LOST, verdicts=verdicts), loads=(MANY,)
    )
    caption = held_figure(run, connections(run), 100.0).caption

    assert "Ringed: includes suspect trials." in caption
    assert "1 invalid trial is excluded." in caption


def test_a_run_without_held_connections_says_so_once_for_each_experiment(run):
    table = connections(run)

    assert table.empty
    assert "no trials with persistent connections that count" in held_figure(run, table, 100.0).text
    assert held_table(table, 100.0).text == ""
    assert connections_text(run, table, 100.0).text == ""
    assert "idle" in idle_table(table).text
    assert idle_text(table).text == ""
    assert servers_table(run).text == ""


GTHREAD = ["{python}", "-m", "gunicorn", "shop", "--bind", "127.0.0.1:{port}", "--worker-class"]
GTHREAD += ["gthread", "--worker-connections", "{accepted_connections}", "--keep-alive"]
GTHREAD += ["{keep_alive_s}", "--no-control-socket", "--log-level", "warning"]
GRANIAN = ["{python}", "-m", "granian", "shop", "--port", "{port}", "--backpressure"]
GRANIAN += ["{accepted_connections}", "--http1-header-read-timeout", "60000"]
BUDGETS = {"accepted_connections": 6000, "keep_alive_s": 75}


@pytest.fixture
def served(holding):
    stacks = holding.manifest.stacks
    stacks = {name: {**stacks[name], "command": GTHREAD} for name in ("django", "flask", "fastapi")}
    stacks["flask"] |= {"command": GRANIAN, "server": "granian"}
    manifest = holding.manifest.model_copy(update={"stacks": stacks, "budgets": BUDGETS})
    return Run(holding.path, manifest)


def test_numeric_options_are_read_from_the_recorded_command(served):
    assert numeric_options(served, "django") == {"--worker-connections": 6000, "--keep-alive": 75}
    assert numeric_options(served, "flask") == {
        "--backpressure": 6000,
        "--http1-header-read-timeout": 60000,
    }
    rows = servers_table(served).cells()
    assert rows[0] == ["gunicorn gthread", "Django", "worker-connections 6000, keep-alive 75"]
    assert [row[0] for row in rows] == ["gunicorn gthread", "granian", "uvicorn"]


def test_a_server_with_a_shorter_keep_alive_is_named_in_text_and_budgets(served, table):
    assert [keep_alive_s(served, name) for name in ("django", "flask")] == [75, 60]
    assert keep_alive_exceptions_s(served) == {"flask": 60}
    said = connections_text(served, table, 100.0).text
    assert "keep an idle connection open for 75 s; Flask for at most 60 s." in said
    budgets = dict(budgets_table(served).cells())
    assert (budgets["keep alive s"], budgets["Flask: keep alive s"]) == (
        "75",
        "60, the maximum of its server",
    )


def test_nothing_is_known_of_servers_that_were_not_launched_by_us(holding):
    assert keep_alive_exceptions_s(holding) == {}
    assert numeric_options(holding, "flask") == {}
