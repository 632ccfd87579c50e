"""Served within the limit: the rule, the rates of a run that it holds for, and what they say."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tests.synthetic_run import CLOSED, OPEN, STOLEN, Truth, synthetic_run
from webtrial.results.capacity.text import served_rates_table, served_rates_text
from webtrial.run.records import Load, Trial
from webtrial.run.store import Run
from webtrial.stats.in_time import is_served, offered_rates, rates_in_time
from webtrial.stats.thresholds import MINIMUM_REQUESTS
from webtrial.stats.trials import latencies, measured, trials_table

TEN, SLOW, QUICK = (
    Load("closed", users=10),
    Load("open", rate_per_s=800.0),
    Load("open", rate_per_s=1600.0),
)
TRUTH = Truth({"django": 50.0, "fastapi": 10.0}, noise=0.0, drift=0.0)
IN_TIME_MS = 50.0  # open loads take a tenth of the median


@pytest.fixture(scope="module")
def offered(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("offered")
    return synthetic_run(folder, TRUTH, loads=(CLOSED, TEN, SLOW, QUICK), window_s=2)


def dropping(run: Run, load: Load, share: float, blocks: tuple[int, ...] = (1, 2, 3)) -> Run:
    """The run with so many arrivals at that load not sent, in some blocks."""

    def drop(trial: Trial) -> Trial:
        if trial.planned.load != load or trial.planned.block not in blocks:
            return trial
        more = round(share * trial.counts.scheduled)
        counts = replace(trial.counts, scheduled=trial.counts.scheduled + more, dropped=more)
        return replace(trial, counts=counts)

    other = Run(run.path, run.manifest)
    other.__dict__["trials"] = tuple(map(drop, run.trials))
    return other


def bounds(run: Run, stack: str = "django", limit_ms: float = IN_TIME_MS) -> pd.Series:
    return rates_in_time(run, limit_ms).set_index("stack").loc[stack]


# --- the rule


@pytest.mark.parametrize(
    ("late", "requests", "served"),
    [
        (0, MINIMUM_REQUESTS - 1, None),
        (MINIMUM_REQUESTS - 1, MINIMUM_REQUESTS - 1, None),
        (0, MINIMUM_REQUESTS, True),
        (4, 400, None),  # 1 %, but as few may be chance
        (12, 400, False),
        (80, 10_000, True),
        (100, 10_000, None),
        (120, 10_000, False),
        (0, 0, None),
    ],
)
def test_a_load_is_served_if_99_in_100_of_enough_requests_are_in_time(
    late: int, requests: int, served: bool | None
) -> None:
    assert is_served(late, requests) is served


def test_late_is_what_took_longer_counted_one_by_one(offered: Run) -> None:
    took = latencies(offered, measured(trials_table(offered))).query("load == '800/s'")
    expected = took.groupby("stack", observed=True)["latency_ms"].apply(lambda ms: (ms > 6).mean())
    found = offered_rates(offered, 6.0).query("load == '800/s'").set_index("stack")

    assert found["late_share"].to_dict() == pytest.approx(expected.to_dict(), abs=0.002)
    assert found["requests"].sum() == len(took)


def test_a_request_that_failed_or_timed_out_is_late_whatever_the_limit(tmp_path: Path) -> None:
    truth = replace(TRUTH, timeouts=0.1, refused=0.1)
    run = synthetic_run(tmp_path, truth, loads=(SLOW,), blocks=1)

    for limit_ms in (5_000.0, 20_000.0):  # below and above what a timeout takes
        shares = offered_rates(run, limit_ms)["late_share"].tolist()
        assert shares == pytest.approx([0.2, 0.2], abs=0.03)


def test_an_arrival_that_could_not_be_sent_is_late(offered: Run) -> None:
    found = bounds(dropping(offered, QUICK, 0.05))

    assert (found["rate_per_s"], found["missed_per_s"]) == (800, 1600)
    assert found["missed_late_share"] == pytest.approx(0.05 / 1.05, abs=1e-3)


def test_suspect_trials_decide_nothing_where_enough_are_untouched(tmp_path: Path) -> None:
    truth = replace(TRUTH, verdicts={(1, "django"): [STOLEN]})
    run = synthetic_run(tmp_path, truth, loads=(SLOW,), blocks=4)
    suspect = dropping(run, SLOW, 1.0, blocks=(1,))
    row = offered_rates(suspect, IN_TIME_MS).set_index("stack").loc["django"]

    assert (row["is_served"], row["late_share"]) == (True, 0)
    assert (row["blocks"], row["suspect_blocks"]) == (4, 1)


# --- the rates of a run


def test_closed_loads_are_no_rates_that_were_served(offered: Run, tmp_path: Path) -> None:
    closed = synthetic_run(tmp_path, TRUTH, loads=(CLOSED, TEN), window_s=2)

    assert rates_in_time(closed, 10_000.0).empty
    assert set(offered_rates(offered)["load_kind"]) == {"open"}
    assert bounds(offered)["rate_per_s"] == 1600  # 100 users were answered more often than that


def test_the_highest_rate_is_served_where_all_are(offered: Run) -> None:
    row = bounds(offered)

    assert (row["rate_per_s"], row["judged"], row["unknown"]) == (1600, 2, 0)
    assert row[["missed_per_s", "missed_late_share"]].isna().all()
    assert (row["blocks"], row["blocks_untouched"]) == (3, 3)
    said = served_rates_text(rates_in_time(offered, IN_TIME_MS), IN_TIME_MS).text
    assert "within 50 ms: in user detail Django at least 1,600, FastAPI at least 1,600." in said
    assert "at least 99 % of its requests are answered within the limit" in said


def test_where_no_rate_is_served_the_capacity_is_below_the_lowest(offered: Run) -> None:
    table = rates_in_time(offered, 0.5)
    row = table.set_index("stack").loc["django"]

    assert row[["rate_per_s", "late_share"]].isna().all()
    assert row["missed_per_s"] == 800
    assert "Django fewer than 800" in served_rates_text(table, 0.5).text
    assert served_rates_table(table, 0.5).cells()[0][:3] == ["user detail", "Django", "< 800"]


def test_a_rate_that_is_not_served_below_one_that_is_does_not_count(offered: Run) -> None:
    row = bounds(dropping(offered, SLOW, 0.05))

    assert row["rate_per_s"] == 1600
    assert pd.isna(row["missed_per_s"])


def test_capacity_that_no_offered_rate_can_tell_was_not_measured(tmp_path: Path) -> None:
    run = synthetic_run(tmp_path, Truth({"flask": 20.0}), loads=(OPEN,), blocks=1)
    table = rates_in_time(run, 75.0)

    assert (table["judged"].tolist(), table["unknown"].tolist()) == ([0], [1])
    assert (table["blocks"].tolist(), table["blocks_untouched"].tolist()) == ([0], [0])
    assert "Capacity within 75 ms was not measured" in served_rates_text(table, 75.0).text
    assert "at least 300 requests" in served_rates_text(table, 75.0).text
    assert served_rates_table(table, 75.0).cells()[0][2] == "not measured"


def test_one_stack_that_was_not_measured_is_said_beside_others(offered: Run) -> None:
    few = Run(offered.path, offered.manifest)
    few.__dict__["trials"] = tuple(
        replace(trial, counts=replace(trial.counts, scheduled=90))
        if trial.planned.stack == "django"
        else trial
        for trial in offered.trials
    )
    table = rates_in_time(few, IN_TIME_MS)

    assert "Django not measured, FastAPI at least" in served_rates_text(table, 50.0).text


def test_a_run_without_an_open_load_has_no_table_of_rates(tmp_path: Path) -> None:
    table = rates_in_time(synthetic_run(tmp_path, TRUTH, loads=(CLOSED,), blocks=1))

    assert served_rates_table(table, 100.0).text == ""
    assert "was not measured" in served_rates_text(table, 100.0).text
