"""Coverage of the intervals, by simulation with noise as large as that recorded.

The machine's speed varies: the logarithm of each trial's speed is a first-order autoregressive
process about a line. A block is a stretch of trials; within it, two stacks follow one another
directly, in random order. The true value is a ratio of TRUTH.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import sqrt

import numpy as np
import pandas as pd

from webtrial.selftest.check.rows import Row
from webtrial.stats.histogram import RESOLUTION, Histogram, histogram
from webtrial.stats.intervals import Estimate, jackknife, ratio_of_means
from webtrial.stats.ratios import percentile_ratio

TRUTH = 1.3
BLOCKS = (3, 5, 10)
TRIALS_OF_A_BLOCK = 30
COVERED = (0.93, 0.97)
RUNS_OF_MEANS = 10_000
RUNS_OF_PERCENTILES = 2000
REQUESTS = {50: 1200, 99: 10_200}  # in all blocks of a stack: enough for the percentile


@dataclass(frozen=True, slots=True)
class Noise:
    """Noise of the logarithm of a trial's speed, from same_stack.noise_of; `drift` is per run."""

    deviation: float
    correlation: float
    drift: float


def check(noise: Noise) -> list[Row]:
    """Return rows for the mean and two percentiles, at each number of blocks."""
    note = f"standard deviation {noise.deviation:.3f}, autocorrelation {noise.correlation:.2f},"
    note += f" drift {noise.drift:+.1%} from first to last trial"
    rows = [
        _row("ratio of means", blocks, covered(noise, blocks, RUNS_OF_MEANS, of_means), note)
        for blocks in BLOCKS
    ]
    for p in REQUESTS:
        estimate = partial(_of_percentiles, p)
        rows += [
            _row(f"ratio of p{p}", n, covered(noise, n, RUNS_OF_PERCENTILES, estimate), note)
            for n in BLOCKS
        ]
    return rows


def _row(what: str, blocks: int, measured: float, note: str) -> Row:
    low, high = COVERED
    name = f"95 % interval of a {what}, {blocks} blocks: covers the truth"
    return Row(name, 0.95, measured, measured - 0.95, low <= measured <= high, note)


Simulate = Callable[[np.random.Generator, np.ndarray, np.ndarray], Estimate]


def covered(noise: Noise, blocks: int, runs: int, simulate: Simulate, seed: int = 19) -> float:
    """Return the fraction of simulated runs whose interval covers TRUTH."""
    random = np.random.default_rng([seed, blocks])
    hits = 0
    for _ in range(runs):
        estimate = simulate(random, *_speeds(random, noise, blocks))
        hits += estimate.low <= TRUTH <= estimate.high
    return hits / runs


def _speeds(
    random: np.random.Generator, noise: Noise, blocks: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the machine's speeds during the trials of two stacks, adjacent in each block."""
    machine = np.exp(_wandering(random, noise, blocks))
    first = random.integers(2, size=blocks)
    rows = np.arange(blocks)
    return machine[rows, first], machine[rows, 1 - first]


def _wandering(random: np.random.Generator, noise: Noise, blocks: int) -> np.ndarray:
    """Return blocks × 2 values of the process: one adjacent pair at a random position per block."""
    within = random.integers(TRIALS_OF_A_BLOCK - 1, size=blocks)
    at = np.arange(blocks) * TRIALS_OF_A_BLOCK + within
    steps = np.diff(np.column_stack([at, at + 1]).ravel(), prepend=0)
    values, last = np.empty(2 * blocks), random.normal(0, noise.deviation)
    for n, step in enumerate(steps):
        remaining = noise.correlation**step
        last = remaining * last + random.normal(0, noise.deviation * sqrt(1 - remaining**2))
        values[n] = last
    line = noise.drift * np.cumsum(steps) / np.sum(steps)
    wandering: np.ndarray = (values + line).reshape(blocks, 2)
    return wandering


def of_means(_: np.random.Generator, above: np.ndarray, below: np.ndarray) -> Estimate:
    return ratio_of_means((TRUTH * above).tolist(), below.tolist())


def _of_percentiles(
    p: int, random: np.random.Generator, above: np.ndarray, below: np.ndarray
) -> Estimate:
    """Return the estimate for log-normal latencies that grow as the machine slows."""
    latencies = partial(random.lognormal, 0.0, 0.5, REQUESTS[p] // len(above))
    contents = [
        (as_histogram(TRUTH * slow * latencies()), as_histogram(other * latencies()))
        for slow, other in zip(1 / above, 1 / below, strict=True)
    ]
    return jackknife(contents, percentile_ratio(p))


def as_histogram(latencies_ms: np.ndarray) -> Histogram:
    """Return latencies as a histogram with the buckets that percentiles are read from."""
    bucket = np.floor(np.log(latencies_ms) / np.log1p(RESOLUTION)).astype(int)
    rows = {"bucket": bucket, "requests": 1, "censored": 0, "total_ms": latencies_ms}
    return histogram(pd.DataFrame(rows))
