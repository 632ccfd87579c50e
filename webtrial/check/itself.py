"""A stack against itself: how often a difference is declared where there is none.

The log ratios of adjacent trials of one stack are real noise. Which of two trials is called first
does not matter where nothing differs, so each resample draws some of them with a drawn sign.
"""

from math import isfinite

import numpy as np
import pandas as pd

from webtrial.analyse.statistics import judge, ratio_of_means
from webtrial.check.rows import Row
from webtrial.measure.answers import agreed_answers
from webtrial.measure.load.driver import Task, driving
from webtrial.measure.machine import core_split
from webtrial.measure.scenarios import Material
from webtrial.measure.shop import open_shop
from webtrial.records import Load

STACK = "fastapi"
SCENARIO = "user_detail"
USERS = 32
PAIRS = 30
RESAMPLES = 10_000
BLOCKS = 10
DECLARED = (0.04, 0.06)


def measure(pairs: int = PAIRS, database_url: str | None = None) -> "pd.Series[float]":
    """The throughput of one stack in 2 × `pairs` trials, one after another."""
    split = core_split()
    with open_shop([STACK], database_url, split.service_cores) as shop:
        url = shop.services[STACK].url
        answers = agreed_answers({STACK: url}, {STACK: [SCENARIO]}, shop.material, {})[STACK]
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
            material=Material(shop.material.users, {}, (), ""),
            answers=answers,
            tokens={},
        )
        return pd.Series([_throughput_per_s(task) for _ in range(2 * pairs)])


def _throughput_per_s(task: Task) -> float:
    with driving(task) as driver:
        return driver.outcome().counts.completed / task.window_s


def check(throughputs: "pd.Series[float]") -> Row:
    """How often a resample of real A/A pairs is declared a difference."""
    ratios = throughputs[::2].to_numpy() / throughputs[1::2].to_numpy()
    declared = declared_fraction(np.log(ratios), RESAMPLES)
    low, high = DECLARED
    error = declared - 0.05
    note = f"{len(ratios)} pairs of {STACK}, log ratios spread {np.log(ratios).std(ddof=1):.3f}"
    name = f"a stack against itself, {BLOCKS} blocks: differences declared"
    return Row(name, 0.05, declared, error, low <= declared <= high, note)


def declared_fraction(log_ratios: np.ndarray, resamples: int, seed: int = 18) -> float:
    """The fraction of resamples in which the interval excludes 1, by the rule of the report."""
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
    """Of the logarithm of a series of throughputs: standard deviation about its line, lag-1
    autocorrelation, and drift from the first trial to the last."""
    logs = np.log(throughputs.to_numpy())
    trials = np.arange(len(logs))
    drift, start = np.polyfit(trials, logs, 1)
    rest = pd.Series(logs - (start + drift * trials))
    correlation = rest.autocorr(1)
    return float(rest.std()), correlation if isfinite(correlation) else 0.0, drift * trials[-1]
