"""Claims about how many: connections that are held, users that are served in time.

A run offers a few numbers; each is reached, missed or undecided. The largest that is reached and
the smallest that is missed above it are the ends between which a stack's bound lies.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, isfinite, nan, sqrt

import numpy as np
import pandas as pd
from scipy import stats

from webtrial.analyse.claims.book import Claim
from webtrial.analyse.claims.case import Case
from webtrial.analyse.claims.predicates import predicate
from webtrial.analyse.claims.verdicts import (
    Band,
    Judged,
    Part,
    band,
    reasons_of,
    untestable,
    verdict_of,
)
from webtrial.analyse.counting import by_trial, counted
from webtrial.analyse.headline import FAILING
from webtrial.analyse.histogram import Histogram
from webtrial.analyse.phrases import counted as count_of
from webtrial.analyse.phrases import number, percent
from webtrial.analyse.statistics import CONFIDENCE, MINIMUM_BLOCKS

ARTICLE_CORES = 4
"""Of the article's machine ("Tested on 4-core machine with PostgreSQL backend")."""
HELD_SHARE = 0.99
"""Of the connections that were to be held: as many requests may fail."""
MINIMUM_REQUESTS = 300
"""Where none of so many is late, at most 1 % are (95 %, the rule of three: Hanley and
Lippman-Hand, If Nothing Goes Wrong, Is Everything All Right?, JAMA 249, 1983)."""


@dataclass(frozen=True, slots=True)
class Level:
    """A number that was offered: `reached`, or missed, or None where that is undecided. It stands
    for at least `low` where it was reached and at most `high` where it was missed."""

    low: float
    high: float
    reached: bool | None
    said: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the levels leave: at least `low` is reached, `high` is missed (inf where none is)."""

    low: float
    high: float
    said: str

    @classmethod
    def of(cls, levels: Iterable[Level]) -> "Bounds":
        """The ends; a level that is missed counts above those that are reached."""
        levels = list(levels)
        low = max((each.low for each in levels if each.reached), default=0.0)
        missed = [each.high for each in levels if each.reached is False and each.high > low]
        said = ", ".join(each.said for each in levels)
        return cls(low, min(missed, default=inf), said)


@predicate
def connections_held(claim: Claim, case: Case) -> Judged:
    """How many connections are held: at a number that was offered, at least HELD_SHARE of them were
    open to the end and at most FAILING of the requests failed, in every untouched block. The rate
    of requests is the same for every number, so the machine's speed has little part in it."""
    stack = claim.stack[0]
    trials = case.trials
    rows = trials[(trials["load_kind"] == "held") & (trials["silent"] == 0)]
    rows = rows[(rows["stack"] == stack) & (rows["role"] == "measure")]
    if rows.empty:
        return untestable(f"needs a run with connections_held for {stack}")
    levels = [_held(size, group) for size, group in rows.groupby("connections")]
    found = Bounds.of(levels)
    largest = float(rows["connections"].max())
    wanted = f"connections_held: [{claim.numbers[0]:.0f}]"
    return _judged(claim, found, largest, wanted)


def _held(size: float, rows: pd.DataFrame) -> Level:
    valid = rows[rows["verdict"] == "valid"]
    kept = (valid["still_open"] >= HELD_SHARE * size) & ~(valid["error_fraction"] > FAILING)
    open_ = f"{number(size, 3)}: {number(valid['still_open'].min(), 3)} still open"
    return Level(size, size, _agreed(kept), open_ + _few(len(valid)))


def _few(blocks: int) -> str:
    enough = blocks >= MINIMUM_BLOCKS
    return "" if enough else f" ({count_of(blocks, 'untouched block')}, fewer than {MINIMUM_BLOCKS})"


def _agreed(facts: pd.Series) -> bool | None:
    """What every untouched block says; None where they differ or are too few."""
    if len(facts) < MINIMUM_BLOCKS or facts.nunique() > 1:
        return None
    return bool(facts.iloc[0])


@predicate
def users_supported(claim: Claim, case: Case) -> Judged:
    """How many users are served in time, from the arrival rates that are.

    Users who think for Z on average and are answered within R ask at λ = N / (Z + R) (the
    interactive response time law: Lazowska et al., Quantitative System Performance, 1984, chapter
    3). So a rate that is served in time is that of at least λ · Z users, and one that is not of at
    most λ · (Z + limit). Served in time is a rate at which at most 1 % of the requests take longer
    than the limit (which is the 99th percentile within it), and at most 1 % fail.
    """
    stack, scenario = claim.stack[0], claim.scenario[0]
    trials = case.trials
    rows = trials[(trials["load_kind"] == "open") & (trials["scenario"] == scenario)]
    rows = rows[(rows["stack"] == stack) & (rows["role"] == "measure")]
    needed_per_s = number(claim.numbers[0] / case.limits.think_time_s, 3)
    wanted = f"open arrivals of {scenario} at {needed_per_s}/s"
    if rows.empty:
        return untestable(f"needs {wanted} to {stack}")
    requests = by_trial(counted(case.run, rows))
    groups = rows.groupby("rate_per_s")
    found = Bounds.of([_served(case, rate, group, requests) for rate, group in groups])
    largest = float(rows["rate_per_s"].max()) * case.limits.think_time_s
    return _on_this_machine(claim, case, _judged(claim, found, largest, wanted))


def _served(
    case: Case, rate_per_s: float, rows: pd.DataFrame, requests: dict[tuple[int, int], Histogram]
) -> Level:
    limits = case.limits
    valid = rows[rows["verdict"] == "valid"]
    keys = list(zip(valid["number"], valid["attempt"], strict=True))
    found = [requests[key] for key in keys if key in requests]
    late = [_late_share(each, limits.p99_limit_ms) for each in found]
    failed = ((valid["errors"] + valid["dropped"]) / valid["scheduled"]).tolist()
    enough = sum(map(len, found)) >= MINIMUM_REQUESTS and len(found) >= MINIMUM_BLOCKS
    served = _both(_at_most(late), _at_most(failed)) if enough else None
    said = f"{number(rate_per_s, 3)}/s: {percent(float(np.mean(late)) if late else nan)} late"
    return Level(
        rate_per_s * limits.think_time_s,
        rate_per_s * (limits.think_time_s + limits.p99_limit_ms / 1000),
        served,
        said + _few(len(found)),
    )


def _late_share(requests: Histogram, limit_ms: float) -> float:
    late = requests.total_ms / requests.requests > limit_ms
    return float(requests.requests[late].sum() / len(requests))


def _at_most(shares: list[float]) -> bool | None:
    """Whether a share, one of each block, is at most FAILING; None where its interval covers it."""
    mean, spread = float(np.mean(shares)), float(np.std(shares, ddof=1)) / sqrt(len(shares))
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(shares) - 1)) * spread
    return Band(0.0, FAILING).holds(max(mean - reach, 0.0), mean + reach)


def _both(first: bool | None, second: bool | None) -> bool | None:
    if first is False or second is False:
        return False
    return None if first is None or second is None else True


def _judged(claim: Claim, found: Bounds, largest: float, wanted: str) -> Judged:
    """The bounds against what is claimed; what was never offered is not testable."""
    allowed = band(claim.comparator, claim.numbers)
    direction = _reaches(allowed.low, found)
    size = _lies_within(allowed, found) if direction else direction
    out_of_reach = largest < allowed.low and direction is None
    missing = f"needs {wanted}: the most that was offered is {number(largest, 3)}" * out_of_reach
    high = found.high if isfinite(found.high) else nan
    part = Part(
        claim.id, allowed, found.low or nan, found.low, found.high, direction, size,
        f"at least {number(found.low, 3)}" + f", fewer than {number(high, 3)}" * isfinite(high)
        + f" ({found.said})",
        missing,
    )
    verdict = verdict_of([part])
    reason = "; ".join(text for text in (missing, part.reason) if text)
    return Judged(verdict, found.low or nan, found.low or nan, high, reason, (part,))


def _reaches(least: float, found: Bounds) -> bool | None:
    if found.low >= least:
        return True
    return False if found.high <= least else None


def _lies_within(allowed: Band, found: Bounds) -> bool | None:
    """Whether a bound between these ends is one that is claimed: more than claimed is too much."""
    if found.low > allowed.high:
        return False
    return True if found.high <= allowed.high or not isfinite(allowed.high) else None


def _on_this_machine(claim: Claim, case: Case, judged: Judged) -> Judged:
    """A number that is reached on a smaller machine counts, one that is missed on a larger one."""
    cores = case.run.manifest.machine.get("cores", ARTICLE_CORES)
    direction = judged.parts[0].direction
    if direction is None or (cores <= ARTICLE_CORES if direction else cores >= ARTICLE_CORES):
        return judged
    how = "reached" if direction else "missed"
    needed = f"{how} on {case.machine}; needs the {ARTICLE_CORES} cores of the article's machine"
    return Judged(
        "not testable here", judged.measured, judged.low, judged.high,
        f"{needed}; {judged.reason}", judged.parts,
    )


