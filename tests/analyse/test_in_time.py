"""What is served while nearly everybody is answered in time."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tests.synthetic_run import CLOSED, Truth, synthetic_run
from webtrial.analyse.in_time import late_requests, served_in_time
from webtrial.analyse.summary import latencies, measured, trials_table
from webtrial.records import Load
from webtrial.runs import Run

TEN, RATE = Load("closed", users=10), Load("open", rate_per_s=800.0)
TRUTH = Truth({"django": 50.0, "fastapi": 10.0})


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("swept")
    return synthetic_run(folder, TRUTH, loads=(CLOSED, TEN, RATE), window_s=2)


def row(run: Run, stack: str, limit_ms: float) -> pd.Series:
    return served_in_time(run, limit_ms).set_index("stack").loc[stack]


def test_late_is_what_took_longer_counted_one_by_one(swept: Run) -> None:
    trials = measured(trials_table(swept))
    took = latencies(swept, trials).query("load == '100 users'")
    expected = took.groupby("stack", observed=True)["latency_ms"].apply(lambda ms: (ms > 60).mean())
    found = late_requests(swept, 60.0).query("load == '100 users'").set_index("stack")

    assert found["late_fraction"].to_dict() == pytest.approx(expected.to_dict(), abs=0.002)
    assert found["requests"].sum() == len(took)


def test_a_request_that_failed_or_timed_out_was_not_answered_in_time(tmp_path: Path) -> None:
    run = synthetic_run(tmp_path, replace(TRUTH, timeouts=0.1, refused=0.1), blocks=1)

    late = late_requests(run, 5000.0)["late_fraction"]
    assert late.tolist() == pytest.approx([0.2, 0.2], abs=0.03)


def test_the_most_is_that_of_the_largest_load_in_time(swept: Run) -> None:
    rates = measured(trials_table(swept)).query("stack == 'fastapi' and load == '100 users'")
    fast = row(swept, "fastapi", 100.0)

    assert fast["at"] == "100 users"
    assert fast["per_s"] == pytest.approx(rates["throughput_per_s"].mean(), rel=0.02)
    assert fast["per_s"] == fast["most_per_s"]
    assert not fast["met"]


def test_of_an_open_load_it_is_the_rate_that_was_offered(tmp_path: Path) -> None:
    run = synthetic_run(tmp_path, TRUTH, loads=(CLOSED, RATE), blocks=1, window_s=2)
    slow = row(run, "django", 30.0)

    assert (slow["at"], slow["per_s"]) == ("800/s", 800.0)
    assert slow["met"]
    assert slow["most_per_s"] > 1000


def test_where_no_load_was_in_time_nothing_is(swept: Run) -> None:
    slow = row(swept, "django", 0.5)

    assert (slow["at"], slow["met"], slow["judged"]) == ("", True, 3)
    assert pd.isna(slow["per_s"])
    assert slow["most_per_s"] > 0


def test_too_few_requests_tell_nothing(tmp_path: Path) -> None:
    few = synthetic_run(tmp_path, TRUTH, loads=(Load("open", rate_per_s=100.0),), blocks=3)
    slow = row(few, "django", 1000.0)

    assert (slow["judged"], slow["unknown"]) == (0, 1)
    assert pd.isna(slow["per_s"])
