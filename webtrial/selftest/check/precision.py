"""Punctuality of open-loop arrivals."""

from functools import partial

import numpy as np

from webtrial.load.loops import poisson_arrivals
from webtrial.load.task import Task
from webtrial.run.records import Load
from webtrial.selftest.check.behaviours import Delaying
from webtrial.selftest.check.observation import Observed, observe, percentile, task_of
from webtrial.selftest.check.rows import Row, at_most, equal

RATES_PER_S = (200.0, 2000.0)
WINDOW_S = 5.0
LAG_P99_MAX_MS = 0.3


def check(rate_per_s: float) -> tuple[list[Row], str]:
    """Return rows for one arrival rate, and the machine disturbance that forbids a judgement."""
    behaviour = partial(Delaying, np.array([1_000_000]))
    observed = observe(behaviour, task_of(Load("open", rate_per_s=rate_per_s), 12, WINDOW_S))
    return judged(rate_per_s, observed), observed.disturbance


def judged(rate_per_s: float, observed: Observed) -> list[Row]:
    """Return the dispatch lag of the arrivals, and whether all drawn arrivals were sent."""
    name = f"arrivals at {rate_per_s:g}/s"
    samples = observed.measured
    lag_ms = (samples["sent_ns"] - samples["intended_ns"]) / 1e6
    note = f"median {lag_ms.median():.3f} ms, maximum {lag_ms.max():.2f} ms"
    return [
        at_most(f"{name}: p99 dispatch lag, ms", percentile(lag_ms, 99), LAG_P99_MAX_MS, note),
        equal(f"{name}: sent", arrivals_within(observed.task), len(samples)),
    ]


def arrivals_within(task: Task) -> int:
    """Return how many arrivals the seed draws within the window."""
    opens_ns, window_ns = int(task.warmup_s * 1e9), int(task.window_s * 1e9)
    rate_per_s = task.load.rate_per_s or 0.0
    drawn = poisson_arrivals(rate_per_s, opens_ns + window_ns + 500_000_000, task.seed)
    return sum(opens_ns <= each < opens_ns + window_ns for each in drawn)
