"""Claims about numbers: connections that are held, users that are served within the limit.

A run offers a few numbers, and each is served, not served, or undecided. A stack's own bound lies
between the largest number that is served and the smallest above it that is not.
"""

from dataclasses import dataclass, replace
from math import inf, isfinite, nan
from typing import Any

import pandas as pd

from webtrial.results.base.formatting import listed, number, percent
from webtrial.results.claims.book import Claim
from webtrial.results.claims.case import ClaimContext, Limits
from webtrial.results.claims.predicates import predicate
from webtrial.results.claims.verdicts import (
    NOT_TESTABLE,
    PARTLY,
    SUPPORTED,
    Band,
    Judged,
    Part,
    band,
    untestable,
    verdict_of,
)
from webtrial.results.connections.estimate import most_held
from webtrial.stats.frames import rows_of
from webtrial.stats.in_time import capacity_bounds
from webtrial.stats.intervals import MINIMUM_BLOCKS

ARTICLE_CORES = 4
"""Cores of the article's machine: "Tested on 4-core machine with PostgreSQL backend"."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds of a number: at least `low`, less than `high`.

    `low` is 0 if no number is known to be reached, `high` is inf if none is known to be missed.
    """

    low: float
    high: float
    said: str


@predicate
def connections_held(claim: Claim, case: ClaimContext) -> Judged:
    """Judge how many connections are held, by `most_held`.

    It uses the loads with at least MINIMUM_BLOCKS untouched blocks in which every connection sends
    requests. If that number is no longer held once some connections never send a request, the claim
    holds only partly. The rate of requests is the same for any number, so the speed of the machine
    has little influence.
    """
    rows = case.connections[case.connections["stack"] == claim.stack[0]]
    asking = rows[rows["idle"] == 0]
    if asking.empty:
        return untestable(f"needs a run with persistent_connections for {claim.stack[0]}")
    (found,) = rows_of(most_held(_replicated(asking, "holds")))
    (in_all,) = rows_of(most_held(_replicated(rows, "holds")))
    said = "; ".join(_held(row) for row in _by_size(rows))
    said = f"lost and {_late_in_words(case.limits)} of {said}"
    bounds = Bounds(float(found["most"]), _or(found["missed"], inf), said)
    wanted = f"persistent_connections of {number(claim.numbers[0], 3)}"
    judged = _judged(claim, case, bounds, asking["connections"], wanted)
    fails_when_idle = in_all["missed"] <= claim.numbers[0] and in_all["missed_idle"] > 0
    if judged.verdict == SUPPORTED and fails_when_idle:
        judged = replace(judged, verdict=PARTLY)
    return replace(judged, reason=f"{judged.reason}; {_idle(case, asking)}")


def _idle(case: ClaimContext, asking: pd.DataFrame) -> str:
    """Return how little the connections that send requests did, and the server's own limit."""
    said = (
        "connections that send requests were mostly idle:"
        f" {number(float(asking['rate_per_s'].max()), 3)}/s over all of them, at most"
        f" {number(float(asking['in_progress'].max()))} in progress on average"
    )
    axes = case.run.manifest.stacks.get(str(asking["stack"].iloc[0]), {})
    allowed = case.run.manifest.budgets.get("accepted_connections")
    if allowed and "{accepted_connections}" in axes.get("command", ()):
        said += f"; the server's own limit was raised to {number(allowed, 4)}"
    return said


def _by_size(rows: pd.DataFrame) -> list[dict[str, Any]]:
    sized = rows.assign(size=rows["connections"] + rows["idle"])
    return rows_of(sized.sort_values("size", kind="stable"))


def _held(row: dict[str, Any]) -> str:
    idle = f" ({row['idle']:,} of which never send a request)" if row["idle"] else ""
    shares = f"{percent(row['lost_fraction'])} and {percent(row['late_fraction'])}"
    return f"{row['size']:,}{idle} {shares}{_few(row)}"


def _late_in_words(limits: Limits) -> str:
    return f"late (over {number(limits.p99_limit_ms, 3)} ms)"


@predicate
def users_supported(claim: Claim, case: ClaimContext) -> Judged:
    """Judge how many users are served within the limit, from the arrival rates that are.

    Users who think for Z on average and are answered within R send requests at λ = N / (Z + R) (the
    interactive response time law: Lazowska et al., Quantitative System Performance, 1984, chapter
    3). A rate that is served within the limit therefore corresponds to at least λ · Z users; one
    that is not served, to fewer than λ · (Z + the limit). `capacity_bounds` decides which rates are
    served, among those offered in at least MINIMUM_BLOCKS untouched blocks.
    """
    stack, scenario = claim.stack[0], claim.scenario[0]
    limits, rates = case.limits, case.rates
    rates = rates[(rates["stack"] == stack) & (rates["scenario"] == scenario)]
    think_s = limits.assumed_think_time_s
    wanted = f"arrivals of {scenario} at {number(claim.numbers[0] / think_s, 3)}/s"
    if rates.empty:
        return untestable(f"needs {wanted} to {stack}")
    found = capacity_bounds(_replicated(rates, "is_served"))
    said = "; ".join(_late(row) for row in rows_of(rates.sort_values("rate_per_s")))
    said = f"{_late_in_words(limits)} {said}"
    slowest_s = think_s + limits.p99_limit_ms / 1000
    bounds = Bounds(
        _or(found["rate_per_s"], 0.0) * think_s, _or(found["missed_per_s"], inf) * slowest_s, said
    )
    offered = rates["rate_per_s"] * think_s
    return _on_this_machine(case, _judged(claim, case, bounds, offered, wanted))


def _late(row: dict[str, Any]) -> str:
    return f"at {number(row['rate_per_s'], 3)}/s {percent(row['late_share'])}{_few(row)}"


def _replicated(rows: pd.DataFrame, fact: str) -> pd.DataFrame:
    """Return the rows with `fact` undecided if too few blocks are untouched."""
    enough = rows["blocks"] - rows["suspect_blocks"] >= MINIMUM_BLOCKS
    return rows.assign(**{fact: rows[fact].astype(object).where(enough, None)})


def _few(row: dict[str, Any]) -> str:
    untouched = row["blocks"] - row["suspect_blocks"]
    return "" if untouched >= MINIMUM_BLOCKS else f" (fewer than {MINIMUM_BLOCKS} untouched blocks)"


def _or(value: float, otherwise: float) -> float:
    return value if isfinite(value) else otherwise


def _judged(
    claim: Claim, case: ClaimContext, found: Bounds, offered: pd.Series, wanted: str
) -> Judged:
    """Judge the bounds against the claim; `offered` are the numbers offered in the run."""
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
    """Whether a number near the claimed one was offered.

    Other numbers do not show whether the claimed one would have been reached.
    """
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
    """Whether a bound between these ends matches the claim: a larger one is not *about* it."""
    if found.low > allowed.high:
        return False
    return True if found.high <= allowed.high else None


def _on_this_machine(case: ClaimContext, judged: Judged) -> Judged:
    """Keep a verdict only if it carries over to the article's machine.

    A number that is reached counts on at most as many cores, one that is missed on at least as
    many.
    """
    cores = case.run.manifest.machine.get("cores", ARTICLE_CORES)
    reached = judged.parts[0].direction
    if reached is None or (cores <= ARTICLE_CORES if reached else cores >= ARTICLE_CORES):
        return judged
    how = "reached" if reached else "missed"
    needed = f"{how} on {case.machine}: needs the {ARTICLE_CORES} cores of the article's machine"
    return replace(judged, verdict=NOT_TESTABLE, reason=f"{needed}; {judged.reason}")
