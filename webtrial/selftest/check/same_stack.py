"""A/A test: how often a difference is declared between a stack and itself.

The log ratios of adjacent trials of one stack are real noise. Without a difference, the order of
the two trials does not matter, so each resample draws some of the ratios with a random sign. Pairs
in which a core changed its speed are excluded, as the gates exclude such trials from a report.
"""

import os
from collections.abc import Collection
from math import isfinite, nan

import numpy as np
import pandas as pd

from webtrial.load.driver import running_driver
from webtrial.load.requests import SeededData
from webtrial.load.task import Task
from webtrial.measure.machine import core_split, speed_per_s
from webtrial.measure.running_services import running_services
from webtrial.run.bounds import DRIFT_MAX
from webtrial.run.records import Load
from webtrial.selftest.check.rows import Row, undecided
from webtrial.stats.intervals import judge, ratio_of_means

STACK = "fastapi"
SCENARIO = "user_detail"
USERS = 32
PAIRS = 30
MOST_PAIRS = 120  # measured at most, to get enough undisturbed ones
RESAMPLES = 10_000
BLOCKS = 10
DECLARED = (0.04, 0.06)


def measure(pairs: int = PAIRS, database_url: str | None = None) -> pd.DataFrame:
    """Measure adjacent pairs of trials of one stack until `pairs` of them are undisturbed.

    At most MOST_PAIRS are measured. Columns: first, second (requests/s), undisturbed.
    """
    split = core_split()
    with running_services([STACK], database_url, split.service_cores) as running:
        url = running.services[STACK].url
        expected_bodies = running.expected_bodies(STACK, SCENARIO)
        task = Task(
            base_url=url,
            scenario=SCENARIO,
            load=Load("closed", users=USERS),
            seed=17,
            warmup_s=0.3,
            window_s=1.0,
            timeout_s=10.0,
            think_time_s=0.0,
            max_connections=USERS,
            core=split.driver_core,
            seeded_data=SeededData(running.seeded_data.users, {}, (), ""),
            expected_bodies=expected_bodies,
            tokens={},
        )
        cores = os.sched_getaffinity(0)
        measured: list[tuple[float, float, bool]] = []
        while sum(each[2] for each in measured) < pairs and len(measured) < MOST_PAIRS:
            measured.append(_pair(task, cores))
        return pd.DataFrame(measured, columns=["first", "second", "undisturbed"])


def _pair(task: Task, cores: Collection[int]) -> tuple[float, float, bool]:
    """Return two throughputs, and whether no core changed its speed before, between or after."""
    before = _speeds_per_s(cores)
    first, between = _throughput_per_s(task), _speeds_per_s(cores)
    second, after = _throughput_per_s(task), _speeds_per_s(cores)
    by_core = zip(before, between, after, strict=True)
    return first, second, all(max(each) <= (1 + DRIFT_MAX) * min(each) for each in by_core)


def _speeds_per_s(cores: Collection[int]) -> list[float]:
    speeds_per_s = []
    try:
        for core in sorted(cores):
            os.sched_setaffinity(0, {core})
            speeds_per_s.append(speed_per_s())
    finally:
        os.sched_setaffinity(0, cores)
    return speeds_per_s


def _throughput_per_s(task: Task) -> float:
    with running_driver(task) as driver:
        return driver.outcome().counts.completed / task.window_s


def check(pairs: pd.DataFrame) -> Row:
    """Return how often a resample of the real A/A pairs of `measure` is declared a difference."""
    steady = pairs[pairs["undisturbed"]]
    ratios = (steady["first"] / steady["second"]).to_numpy()
    name = f"a stack against itself, {BLOCKS} blocks: differences declared"
    if len(ratios) < PAIRS:
        reason = f"only {len(ratios)} of {PAIRS} pairs without a change of a core's speed"
        return undecided(Row(name, 0.05, nan, nan, False), reason)
    declared = declared_fraction(np.log(ratios), RESAMPLES)
    low, high = DECLARED
    error = declared - 0.05
    spread = f"standard deviation of log ratios {np.log(ratios).std(ddof=1):.3f}"
    note = f"{len(ratios)} of {len(pairs)} pairs of {STACK} were undisturbed, {spread}"
    return Row(name, 0.05, declared, error, low <= declared <= high, note)


def declared_fraction(log_ratios: np.ndarray, resamples: int, seed: int = 18) -> float:
    """Return the fraction of resamples whose interval excludes 1, by the rule of the report."""
    random = np.random.default_rng(seed)
    declared = 0
    for _ in range(resamples):
        drawn = random.choice(log_ratios, BLOCKS, replace=False)
        signs = random.choice([-1, 1], BLOCKS)
        declared += _is_declared(np.exp(drawn * signs))
    return declared / resamples


def _is_declared(ratios: np.ndarray) -> bool:
    estimate = ratio_of_means(ratios.tolist(), [1.0] * len(ratios))
    return judge(estimate, len(ratios)).verdict in ("higher", "lower")


def noise_of(throughputs: "pd.Series[float]") -> tuple[float, float, float]:
    """Return the noise of the logarithm of consecutive throughputs.

    These are the standard deviation about a fitted line, the lag-1 autocorrelation, and the drift
    from the first trial to the last.
    """
    logs = np.log(throughputs.to_numpy())
    trials = np.arange(len(logs))
    drift, start = np.polyfit(trials, logs, 1)
    rest = pd.Series(logs - (start + drift * trials))
    correlation = rest.autocorr(1)
    return float(rest.std()), correlation if isfinite(correlation) else 0.0, drift * trials[-1]
