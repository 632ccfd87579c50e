"""Claims about numbers: connections that are held, users that are served within the limit.

A run offers a few numbers, and each is served, not served, or undecided. A stack's own bound lies
between the largest number that is served and the smallest above it that is not.
"""

from dataclasses import dataclass, replace
from math import inf, isfinite, nan
from typing import Any

import pandas as pd

from webtrial.results.base.formatting import listed, number, percent
from webtrial.results.claims.claims_file import Claim
from webtrial.results.claims.context import ClaimContext, Limits
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
    text: str


@predicate
def connections_held(claim: Claim, context: ClaimContext) -> Judged:
    """Judge how many connections are held, by `most_held`.

    It uses the loads with at least MINIMUM_BLOCKS untouched blocks in which every connection sends
    requests. If that number is no longer held once some connections never send a request, the claim
    holds only partly. The rate of requests is the same for any number, so the speed of the machine
    has little influence.
    """
    rows = context.connections[context.connections["stack"] == claim.stack[0]]
    active = rows[rows["idle"] == 0]
    if active.empty:
        return untestable(f"needs a run with persistent_connections for {claim.stack[0]}")
    (held,) = rows_of(most_held(_replicated(active, "holds")))
    (held_with_idle,) = rows_of(most_held(_replicated(rows, "holds")))
    levels = "; ".join(_connections_text(row) for row in _by_size(rows))
    text = f"lost and {_late_label(context.limits)}: {levels}"
    bounds = Bounds(float(held["most"]), _finite_or(held["missed"], inf), text)
    requirement = f"persistent_connections of {number(claim.numbers[0], 3)}"
    judged = _judge_bounds(claim, context, bounds, active["connections"], requirement)
    fails_when_idle = (
        held_with_idle["missed"] <= claim.numbers[0] and held_with_idle["missed_idle"] > 0
    )
    if judged.verdict == SUPPORTED and fails_when_idle:
        judged = replace(judged, verdict=PARTLY)
    return replace(judged, reason=f"{judged.reason}; {_idle_note(context, active)}")


def _idle_note(context: ClaimContext, active: pd.DataFrame) -> str:
    """Return how little the connections that send requests did, and the server's own limit."""
    note = (
        "connections that send requests were mostly idle: together they sent"
        f" {number(float(active['rate_per_s'].max()), 3)}/s, with at most"
        f" {number(float(active['in_progress'].max()))} requests in progress on average"
    )
    axes = context.run.manifest.stacks.get(str(active["stack"].iloc[0]), {})
    allowed = context.run.manifest.budgets.get("accepted_connections")
    if allowed and "{accepted_connections}" in axes.get("command", ()):
        note += f"; the server's connection limit was raised to {number(allowed, 4)}"
    return note


def _by_size(rows: pd.DataFrame) -> list[dict[str, Any]]:
    sized = rows.assign(size=rows["connections"] + rows["idle"])
    return rows_of(sized.sort_values("size", kind="stable"))


def _connections_text(row: dict[str, Any]) -> str:
    idle = f" ({row['idle']:,} of them never send a request)" if row["idle"] else ""
    shares = f"{percent(row['lost_fraction'])} and {percent(row['late_fraction'])}"
    return f"{shares} at {row['size']:,}{idle}{_few_blocks_note(row)}"


def _late_label(limits: Limits) -> str:
    return f"late (over {number(limits.p99_limit_ms, 3)} ms)"


@predicate
def users_supported(claim: Claim, context: ClaimContext) -> Judged:
    """Judge how many users are served within the limit, from the arrival rates that are.

    Users who think for Z on average and are answered within R send requests at λ = N / (Z + R) (the
    interactive response time law: Lazowska et al., Quantitative System Performance, 1984, chapter
    3). A rate that is served within the limit therefore corresponds to at least λ · Z users; one
    that is not served, to fewer than λ · (Z + the limit). `capacity_bounds` decides which rates are
    served, among those offered in at least MINIMUM_BLOCKS untouched blocks.
    """
    stack, scenario = claim.stack[0], claim.scenario[0]
    limits, rates = context.limits, context.rates
    rates = rates[(rates["stack"] == stack) & (rates["scenario"] == scenario)]
    think_s = limits.assumed_think_time_s
    requirement = f"arrivals of {scenario} at {number(claim.numbers[0] / think_s, 3)}/s"
    if rates.empty:
        return untestable(f"needs {requirement} to {stack}")
    capacity = capacity_bounds(_replicated(rates, "is_served"))
    levels = "; ".join(_rate_text(row) for row in rows_of(rates.sort_values("rate_per_s")))
    slowest_s = think_s + limits.p99_limit_ms / 1000
    bounds = Bounds(
        _finite_or(capacity["rate_per_s"], 0.0) * think_s,
        _finite_or(capacity["missed_per_s"], inf) * slowest_s,
        f"{_late_label(limits)}: {levels}",
    )
    offered = rates["rate_per_s"] * think_s
    return _on_this_machine(context, _judge_bounds(claim, context, bounds, offered, requirement))


def _rate_text(row: dict[str, Any]) -> str:
    rate = f"{number(row['rate_per_s'], 3)}/s"
    return f"{percent(row['late_share'])} at {rate}{_few_blocks_note(row)}"


def _replicated(rows: pd.DataFrame, fact: str) -> pd.DataFrame:
    """Return the rows with `fact` undecided if too few blocks are untouched."""
    enough = rows["blocks"] - rows["suspect_blocks"] >= MINIMUM_BLOCKS
    return rows.assign(**{fact: rows[fact].astype(object).where(enough, None)})


def _few_blocks_note(row: dict[str, Any]) -> str:
    untouched = row["blocks"] - row["suspect_blocks"]
    return "" if untouched >= MINIMUM_BLOCKS else f" (fewer than {MINIMUM_BLOCKS} untouched blocks)"


def _finite_or(value: float, otherwise: float) -> float:
    return value if isfinite(value) else otherwise


def _judge_bounds(
    claim: Claim, context: ClaimContext, bounds: Bounds, offered: pd.Series, requirement: str
) -> Judged:
    """Judge the bounds against the claim; `offered` are the numbers offered in the run."""
    allowed = band(claim.comparator, claim.numbers)
    direction = _reaches(allowed.low, bounds)
    size = _lies_within(allowed, bounds) if direction else direction
    missing = ""
    if direction is None and not _offered_about(claim, offered):
        numbers = listed([number(each, 3) for each in sorted(offered.unique())])
        missing = f"needs {requirement}; this run offered {numbers} {claim.unit}"
    low, high = bounds.low or nan, bounds.high if isfinite(bounds.high) else nan
    part = Part(
        context.title(claim.stack[0]),
        allowed,
        low,
        low,
        high,
        direction,
        size,
        _bounds_text(bounds),
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


def _bounds_text(bounds: Bounds) -> str:
    low = f"at least {number(bounds.low, 3)}" if bounds.low else "no level is shown to be reached"
    high = f", fewer than {number(bounds.high, 3)}" if isfinite(bounds.high) else ""
    return f"{low}{high}; {bounds.text}"


def _reaches(claimed: float, bounds: Bounds) -> bool | None:
    if bounds.low >= claimed:
        return True
    return False if bounds.high <= claimed else None


def _lies_within(allowed: Band, bounds: Bounds) -> bool | None:
    """Whether a bound between these ends matches the claim: a larger one is not *about* it."""
    if bounds.low > allowed.high:
        return False
    return True if bounds.high <= allowed.high else None


def _on_this_machine(context: ClaimContext, judged: Judged) -> Judged:
    """Keep a verdict only if it carries over to the article's machine.

    A number that is reached counts on at most as many cores, one that is missed on at least as
    many.
    """
    cores = context.run.manifest.machine.get("cores", ARTICLE_CORES)
    reached = judged.parts[0].direction
    if reached is None or (cores <= ARTICLE_CORES if reached else cores >= ARTICLE_CORES):
        return judged
    outcome = "reached" if reached else "missed"
    needed = f"needs a machine with {ARTICLE_CORES} cores, as in the article"
    reason = f"{outcome} on {context.machine}; {needed}; {judged.reason}"
    return replace(judged, verdict=NOT_TESTABLE, reason=reason)
