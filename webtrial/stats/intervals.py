"""Intervals over blocks, and the verdict of a comparison.

The block is the unit of replication: B blocks give B values, and intervals come from Student's t
with B − 1 degrees of freedom, whatever the number of requests in a block. All computations are on
the log scale because stacks differ by factors. Bootstrap intervals over 3 to 10 blocks have too low
a coverage.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, inf, isfinite, log, nan, sqrt
from typing import Literal, TypeVar

import numpy as np
from scipy import stats

Comparison = Literal["higher", "lower", "indistinguishable", "inconclusive"]

CONFIDENCE = 0.95
MINIMUM_BLOCKS = 3

Block = TypeVar("Block")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A positive number with its 95 % interval (NaN from one block) and its number of blocks."""

    value: float
    low: float
    high: float
    blocks: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict of a comparison, and the reason if it is not decided."""

    verdict: Comparison
    reason: str


def geometric_mean(values: Sequence[float]) -> Estimate:
    """Return the geometric mean over blocks with its t interval on the log scale.

    A block with the value 0 (such as 0 requests) has no logarithm. In that case the result is the
    arithmetic mean without an interval.
    """
    if not all(value > 0 for value in values):
        return Estimate(float(np.mean(values)), nan, nan, len(values))
    logs = np.log(np.asarray(values, dtype=float))
    if len(logs) == 0:
        return Estimate(nan, nan, nan, 0)
    spread = float(np.std(logs, ddof=1)) / sqrt(len(logs)) if len(logs) > 1 else nan
    return _from_log(float(np.mean(logs)), spread, len(logs))


def ratio_of_means(above: Sequence[float], below: Sequence[float]) -> Estimate:
    """Return `above` / `below`, paired by block, with the paired t interval of the log ratio."""
    if not all(value > 0 for value in (*above, *below)):
        return Estimate(nan, nan, nan, len(above))
    return geometric_mean([a / b for a, b in zip(above, below, strict=True)])


def ratio_unpaired(above: Estimate, below: Estimate) -> Estimate:
    """Return `above` / `below` if the blocks are not paired, as between two runs.

    The interval is that of the difference of the logs with unequal variances, with Satterthwaite's
    degrees of freedom (Welch, The generalization of "Student's" problem when several different
    population variances are involved, Biometrika 34, 1947). `blocks` is the number of the side with
    fewer.
    """
    blocks = min(above.blocks, below.blocks)
    if not (above.value > 0 and below.value > 0):
        return Estimate(nan, nan, nan, blocks)
    centre = log(above.value) - log(below.value)
    spreads = (spread_of(above), spread_of(below))
    if not all(map(isfinite, spreads)):
        return Estimate(exp(centre), nan, nan, blocks)
    variances = [spread**2 for spread in spreads]
    parts = sum(v**2 / (n.blocks - 1) for v, n in zip(variances, (above, below), strict=True))
    freedom = sum(variances) ** 2 / parts if parts else inf
    half_width = _quantile(freedom) * sqrt(sum(variances))
    return Estimate(exp(centre), exp(centre - half_width), exp(centre + half_width), blocks)


def spread_of(estimate: Estimate) -> float:
    """Return the standard error of an estimate's log, from its interval; NaN from one block."""
    if estimate.blocks < 2:
        return nan
    return (log(estimate.high) - log(estimate.low)) / 2 / _quantile(estimate.blocks - 1)


def _quantile(freedom: float) -> float:
    return float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom))


def jackknife(blocks: Sequence[Block], statistic: Callable[[Sequence[Block]], float]) -> Estimate:
    """Return a positive statistic of merged blocks, with the delete-one-block jackknife of its log.

    The variance is (B − 1)/B · Σ (θ₍ᵢ₎ − θ̄)², where θ₍ᵢ₎ is the log statistic without block i
    (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 11.2). If the tail
    is in two slow blocks, it remains whichever block is omitted, and the jackknife interval is too
    narrow.
    If a block has few requests beyond a percentile, the variance between the logs of single blocks
    is too large. The mean of the two variances covers 93 to 96 % with noise as large as
    `webtrial check` has recorded.
    """
    count = len(blocks)
    value = statistic(blocks) if count else nan
    if not value > 0:
        return Estimate(value, nan, nan, count)
    if count == 1:
        return _from_log(log(value), nan, count)
    spreads = (_jackknife_spread(blocks, statistic), _spread_between(blocks, statistic))
    return _from_log(log(value), sqrt(float(np.nanmean(np.square(spreads)))), count)


def _jackknife_spread(
    blocks: Sequence[Block], statistic: Callable[[Sequence[Block]], float]
) -> float:
    count = len(blocks)
    omitting = [statistic([*blocks[:i], *blocks[i + 1 :]]) for i in range(count)]
    if not all(value > 0 for value in omitting):
        return nan
    return sqrt((count - 1) * float(np.var(np.log(omitting))))


def _spread_between(
    blocks: Sequence[Block], statistic: Callable[[Sequence[Block]], float]
) -> float:
    per_block = [statistic([block]) for block in blocks]
    if not all(value > 0 for value in per_block):
        return nan
    return float(np.std(np.log(per_block), ddof=1)) / sqrt(len(blocks))


def _from_log(centre: float, spread: float, blocks: int) -> Estimate:
    half_width = _quantile(blocks - 1) * spread if blocks > 1 else nan
    return Estimate(exp(centre), exp(centre - half_width), exp(centre + half_width), blocks)


def noise_floor(same_against_itself: Estimate) -> float:
    """Return the factor by which a stack may seem to differ from itself.

    It is the far end of the interval of the A/A ratio; NaN with fewer than three A/A blocks.
    """
    ends = (same_against_itself.low, same_against_itself.high)
    if same_against_itself.blocks < MINIMUM_BLOCKS or not all(isfinite(end) for end in ends):
        return nan
    return exp(max(abs(log(end)) for end in ends))


def judge(ratio: Estimate, blocks_untouched: int, floor: float = nan) -> Judgement:
    """Return the verdict of a ratio with its interval.

    Rules, in this order: fewer than three untouched blocks (both trials valid) are inconclusive; an
    interval inside the A/A noise floor is indistinguishable; any other interval that covers 1 is
    inconclusive; the rest is higher or lower.
    """
    if reason := _undecided(ratio, blocks_untouched):
        return Judgement("inconclusive", reason)
    if 1 / floor <= ratio.low and ratio.high <= floor:
        return Judgement("indistinguishable", f"within the noise floor, a factor of {floor:.2f}")
    if ratio.low <= 1 <= ratio.high:
        return Judgement("inconclusive", "the interval covers 1")
    return Judgement("higher" if ratio.low > 1 else "lower", "the interval excludes 1")


def _undecided(ratio: Estimate, blocks_untouched: int) -> str:
    if ratio.blocks == 0:
        return "no block has usable trials of both"
    if ratio.blocks == 1:
        return "only one block, so there is no interval"
    if blocks_untouched < MINIMUM_BLOCKS:
        return f"fewer than {MINIMUM_BLOCKS} untouched blocks"
    if not (isfinite(ratio.low) and isfinite(ratio.high)):
        return "a block has no value"
    return ""


DECIDED = ("higher", "lower")
