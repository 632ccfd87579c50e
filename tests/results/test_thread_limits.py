"""Thread limits: the bound is computed beside what was measured, and what is near is named."""

import re
from dataclasses import replace

import pytest

from tests.synthetic_run import Truth, synthetic_run
from webtrial.results.dashboard.thread_limits import thread_limits
from webtrial.results.dashboard.thread_limits_text import thread_limits_table, thread_limits_text
from webtrial.results.fan_out.estimate import pairs_in_turn
from webtrial.run.store import Run
from webtrial.stats.estimates import throughput_table
from webtrial.stats.ratios import ratio_table

IN_TURN_MS, SLOWEST_MS = 21.0 + 22.0, 22.0  # what the upstreams of a synthetic run take
OTHERS_MS = 0.12 + 0.05  # CPU time of PostgreSQL and upstreams in a synthetic run
STACKS = ("django", "flask", "flask-fan-out", "fastapi")


def a_run(folder, threads=16, cpu_ms=4.0, names=STACKS, blocks=3, **budgets) -> Run:
    truth = Truth(
        dict.fromkeys(names, 500.0), noise=0.005, drift=0.0, cpu_ms=dict.fromkeys(names, cpu_ms)
    )
    run = synthetic_run(folder, truth, scenarios=("dashboard",), blocks=blocks, window_s=3)
    given = {"threads_per_process": threads, "server_processes": 1, "service_cores": [0]} | budgets
    return replace(run, manifest=run.manifest.model_copy(update={"budgets": given}))


def said_of(run: Run) -> str:
    ratios = ratio_table(run, pairs_in_turn(run))
    return thread_limits_text(run, thread_limits(run), ratios).text


def test_the_bound_is_threads_over_what_each_waits(tmp_path):
    run = a_run(tmp_path, threads=8)
    table = thread_limits(run).set_index("stack")
    rates = throughput_table(run).set_index("stack")["value"]

    assert set(table.index) == {"django", "flask", "flask-fan-out"}  # an event loop holds none
    assert table["waiting_ms"].to_dict() == pytest.approx(
        {"django": IN_TURN_MS, "flask": IN_TURN_MS, "flask-fan-out": SLOWEST_MS}
    )
    assert table.loc["flask", "bound_per_s"] == pytest.approx(1000 * 8 / IN_TURN_MS)
    assert table.loc["flask", "used_fraction"] == pytest.approx(
        rates["flask"] / table.loc["flask", "bound_per_s"]
    )
    assert table.loc["flask", "processes_busy"] == pytest.approx(
        rates["flask"] * 4 / 1000, rel=0.01
    )
    assert table.loc["flask", "cores_busy"] == pytest.approx(
        rates["flask"] * (4 + OTHERS_MS) / 1000, rel=0.01
    )


@pytest.mark.parametrize(
    ("threads", "cpu_ms", "limit", "said"),
    [
        (16, 5.2, "CPU time", "CPU time, not the number of threads, limits Django; Flask"),
        (8, 1.0, "threads", "The number of threads, not CPU time, limits Django; Flask"),
        (8, 5.2, "both", "Both the number of threads and CPU time limit Django; Flask"),
        (32, 1.0, "neither", "Neither the number of threads nor CPU time is near its bound with"),
    ],
)
def test_the_limit_is_what_comes_near_its_bound(tmp_path, threads, cpu_ms, limit, said):
    run = a_run(tmp_path, threads, cpu_ms, names=("django", "flask"))

    assert set(thread_limits(run)["limit"]) == {limit}
    assert said_of(run).startswith(said)
    assert "% of the bound set by threads was reached" in said_of(run)


def test_a_process_on_several_cores_is_limited_by_one_of_them(tmp_path):
    run = a_run(tmp_path, threads=32, cpu_ms=5.2, service_cores=[0, 1, 2, 3])
    table = thread_limits(run)

    assert (table["cores_busy"] < 0.5).all()
    assert (table["limit"] == "CPU time").all()


def test_the_effect_of_a_thread_pool_on_throughput_is_computed(tmp_path):
    said = said_of(a_run(tmp_path))

    assert re.search(
        r"multiplies the throughput of Flask by [\d.]+ \([\d.]+–[\d.]+\) \(the inter", said
    )


def test_one_block_and_unknown_threads_say_no_more_than_they_can(tmp_path):
    single = said_of(a_run(tmp_path / "single", blocks=1))
    unknown = thread_limits(a_run(tmp_path / "unknown", threads=0))

    assert "nan" not in single
    assert unknown.empty
    assert (
        "no dashboard trials of stacks with a known number of threads"
        in thread_limits_table(unknown).text
    )
    assert said_of(a_run(tmp_path / "again", threads=0)) == ""


def test_the_table_has_the_bound_and_the_rate(tmp_path):
    table = thread_limits_table(thread_limits(a_run(tmp_path)))
    rows = {row[0]: row[1:] for row in table.cells()}

    assert rows["Flask"][:3] == ["16", "43.0", "372"]
    assert "–" in rows["Flask"][4]
    assert "Limit: what reaches 90 %" in table.caption
