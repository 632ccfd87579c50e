"""Claims about how many: connections that are held, users that are served in time.

A run offers a few numbers; each is reached, missed or undecided. The largest that is reached and
the smallest that is missed above it are the ends between which a stack's own bound lies.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import inf, isfinite, nan, sqrt
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from webtrial.analyse.claims.book import Claim
from webtrial.analyse.claims.case import Case, Limits
from webtrial.analyse.claims.predicates import predicate
from webtrial.analyse.claims.verdicts import (
    NOT_TESTABLE,
    Band,
    Judged,
    Part,
    all_of,
    band,
    untestable,
    verdict_of,
)
from webtrial.analyse.counting import by_trial, counted
from webtrial.analyse.headline import FAILING
from webtrial.analyse.histogram import Histogram
from webtrial.analyse.phrases import listed, number, percent
from webtrial.analyse.statistics import CONFIDENCE, MINIMUM_BLOCKS
from webtrial.runs import Run

ARTICLE_CORES = 4
"""Of the article's machine: "Tested on 4-core machine with PostgreSQL backend"."""
HELD_SHARE = 0.99
"""Of the connections that were to be held; as many of the requests are to succeed."""
MINIMUM_REQUESTS = 300
"""Where none of so many is late, at most 1 % are (95 %, the rule of three: Hanley and
Lippman-Hand, If Nothing Goes Wrong, Is Everything All Right?, JAMA 249, 1983)."""


@dataclass(frozen=True, slots=True)
class Level:
    """A number that was offered: `reached`, missed, or None where that is undecided. It tells of at
    least `low` where it was reached, of less than `high` where it was missed."""

    low: float
    high: float
    reached: bool | None
    said: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """What levels leave: `low` is reached (0 without any), `high` missed (inf without any)."""

    low: float
    high: float
    said: str


def bounds_of(levels: Iterable[Level]) -> Bounds:
    """The ends; a level that is missed below one that is reached does not count."""
    seen = list(levels)
    low = max((each.low for each in seen if each.reached), default=0.0)
    missed = [each.high for each in seen if each.reached is False and each.high > low]
    return Bounds(low, min(missed, default=inf), "; ".join(each.said for each in seen))


@predicate
def connections_held(claim: Claim, case: Case) -> Judged:
    """How many connections are held: of a number that was offered at least HELD_SHARE were open to
    the end, and at most FAILING of the requests failed and at most FAILING took longer than the
    limit, in every untouched block. The rate of requests is the same whatever the number, so the
    machine's speed has little part in it."""
    rows = _of(case, claim.stack[0], "held")
    rows = rows[rows["silent"] == 0]
    if rows.empty:
        return untestable(f"needs a run with connections_held for {claim.stack[0]}")
    rows = rows.assign(late=_failing_shares(case.run, rows, case.limits)["late"])
    levels = [_held(float(str(size)), group) for size, group in rows.groupby("connections")]
    wanted = f"connections_held of {number(claim.numbers[0], 3)}"
    judged = _judged(claim, case, bounds_of(levels), rows["connections"], wanted)
    return replace(judged, reason=f"{judged.reason}; {_idle(case, rows)}")


def _idle(case: Case, rows: pd.DataFrame) -> str:
    """How little the connections did, and under which limit of the server."""
    in_progress = rows.groupby("connections")["in_flight_mean"].mean()
    said = (
        f"they were mostly idle: {number(float(rows['rate_per_s'].max()), 3)} requests/s in all,"
        f" at most {number(float(in_progress.max()))} in progress on average"
    )
    axes = case.run.manifest.stacks.get(str(rows["stack"].iloc[0]), {})
    allowed = case.run.manifest.budgets.get("connections_held")
    if allowed and "{connections_held}" in axes.get("command", ()):
        said += f"; the server's own limit was raised to {number(allowed, 4)}"
    return said


def _held(size: float, rows: pd.DataFrame) -> Level:
    valid = rows[rows["verdict"] == "valid"]
    open_still = valid["still_open"] >= HELD_SHARE * size
    kept = open_still & ~(valid["error_fraction"] > FAILING) & ~(valid["late"] > FAILING)
    by_block = kept.groupby(valid["block"]).all()
    said = f"of {size:,.0f} at least {number(valid['still_open'].min(), 3)} stayed open"
    return Level(size, size, _agreed(by_block), said + _few(len(by_block)))


def _agreed(facts: pd.Series) -> bool | None:
    """What every untouched block says; None where they differ or are too few."""
    if len(facts) < MINIMUM_BLOCKS or facts.nunique() > 1:
        return None
    return bool(facts.iloc[0])


@predicate
def users_supported(claim: Claim, case: Case) -> Judged:
    """How many users are served in time, told from the arrival rates that are.

    Users who think for Z on average and are answered within R ask at λ = N / (Z + R) (the
    interactive response time law: Lazowska et al., Quantitative System Performance, 1984, chapter
    3). So a rate that is served in time is that of at least λ · Z users; one that is not, of fewer
    than λ · (Z + the limit). A rate is served in time where at most FAILING of its requests take
    longer than the limit, so that their 99th percentile is within it, and at most FAILING fail.
    """
    stack, scenario = claim.stack[0], claim.scenario[0]
    rows = _of(case, stack, "open")
    rows = rows[rows["scenario"] == scenario]
    think_s = case.limits.think_time_s
    wanted = f"arrivals of {scenario} at {number(claim.numbers[0] / think_s, 3)}/s"
    if rows.empty:
        return untestable(f"needs {wanted} to {stack}")
    shares = _failing_shares(case.run, rows, case.limits)
    levels = [
        _served(float(str(rate)), shares.loc[group.index], case.limits)
        for rate, group in rows.groupby("rate_per_s")
    ]
    offered = rows["rate_per_s"] * think_s
    return _on_this_machine(case, _judged(claim, case, bounds_of(levels), offered, wanted))


def _failing_shares(run: Run, rows: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """Of each trial: verdict, answered (requests), late and failed, fractions of the requests."""
    requests = by_trial(counted(run, rows))
    keys = list(zip(rows["number"], rows["attempt"], strict=True))
    return pd.DataFrame(
        {
            "verdict": rows["verdict"],
            "answered": [len(requests[key]) if key in requests else 0 for key in keys],
            "late": [_late(requests, key, limits.p99_limit_ms) for key in keys],
            "failed": (rows["errors"] + rows["dropped"]) / rows["scheduled"],
        },
        index=rows.index,
    )


def _late(requests: Mapping[Any, Histogram], key: Any, limit_ms: float) -> float:
    """The share of a trial's requests that took longer, or were given up after longer."""
    if key not in requests:
        return nan
    return requests[key].slower_than(limit_ms) / len(requests[key])


def _served(rate_per_s: float, shares: pd.DataFrame, limits: Limits) -> Level:
    valid = shares[shares["verdict"] == "valid"]
    enough = len(valid) >= MINIMUM_BLOCKS and valid["answered"].sum() >= MINIMUM_REQUESTS
    served = all_of([_at_most(valid["late"]), _at_most(valid["failed"])]) if enough else None
    said = f"at {number(rate_per_s, 3)}/s {percent(float(valid['late'].mean()))} late"
    low, high = limits.think_time_s, limits.think_time_s + limits.p99_limit_ms / 1000
    return Level(rate_per_s * low, rate_per_s * high, served, said + _few(len(valid)))


def _at_most(shares: pd.Series) -> bool | None:
    """Whether the mean of one share from each block is at most FAILING; None where its t interval
    reaches over that."""
    mean, spread = float(shares.mean()), float(shares.std()) / sqrt(len(shares))
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(shares) - 1)) * spread
    return Band(0.0, FAILING).holds(float(np.maximum(mean - reach, 0)), mean + reach)


def _of(case: Case, stack: str, load_kind: str) -> pd.DataFrame:
    trials = case.trials
    mine = (trials["stack"] == stack) & (trials["role"] == "measure")
    return trials[mine & (trials["load_kind"] == load_kind)]


def _few(blocks: int) -> str:
    return "" if blocks >= MINIMUM_BLOCKS else f" (fewer than {MINIMUM_BLOCKS} untouched blocks)"


def _judged(claim: Claim, case: Case, found: Bounds, offered: pd.Series, wanted: str) -> Judged:
    """The bounds against what is claimed; `offered` are the numbers that were."""
    allowed = band(claim.comparator, claim.numbers)
    direction = _reaches(allowed.low, found)
    size = _lies_within(allowed, found) if direction else direction
    missing = ""
    if direction is None and not _offered_about(claim, offered):
        numbers = listed([number(each, 3) for each in sorted(offered.unique())])
        missing = f"needs {wanted}: what was offered is {numbers} {claim.unit}"
    low, high = found.low or nan, found.high if isfinite(found.high) else nan
    said = _said(found)
    part = Part(
        case.title(claim.stack[0]),
        allowed,
        low,
        low,
        high,
        direction,
        size,
        said,
        missing,
        claim.unit,
    )
    reason = "; ".join(text for text in (missing, part.reason) if text)
    return Judged(verdict_of([part]), reason, low, low, high, (part,))


def _offered_about(claim: Claim, offered: pd.Series) -> bool:
    """Whether any number was offered that is about the one that is claimed: others leave open
    whether that one would have been reached."""
    about = band("about", claim.numbers)
    return bool(offered.between(about.low, about.high).any())


def _said(found: Bounds) -> str:
    low = f"at least {number(found.low, 3)}" if found.low else "no number is shown to be reached"
    high = f", fewer than {number(found.high, 3)}" if isfinite(found.high) else ""
    return f"{low}{high}: {found.said}"


def _reaches(least: float, found: Bounds) -> bool | None:
    if found.low >= least:
        return True
    return False if found.high <= least else None


def _lies_within(allowed: Band, found: Bounds) -> bool | None:
    """Whether a bound between these ends is the one that is claimed: more is not *about* it."""
    if found.low > allowed.high:
        return False
    return True if found.high <= allowed.high else None


def _on_this_machine(case: Case, judged: Judged) -> Judged:
    """A number that is reached on no larger a machine counts, one that is missed on no smaller."""
    cores = case.run.manifest.machine.get("cores", ARTICLE_CORES)
    reached = judged.parts[0].direction
    if reached is None or (cores <= ARTICLE_CORES if reached else cores >= ARTICLE_CORES):
        return judged
    how = "reached" if reached else "missed"
    needed = f"{how} on {case.machine}: needs the {ARTICLE_CORES} cores of the article's machine"
    return replace(judged, verdict=NOT_TESTABLE, reason=f"{needed}; {judged.reason}")
