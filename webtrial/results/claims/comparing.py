"""Claims that compare stacks: ratios, and figures that are judged as ratios."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from math import isfinite, nan
from typing import Any

from webtrial.results.base.formatting import humanize, number, percent, with_interval
from webtrial.results.claims.book import Claim
from webtrial.results.claims.case import ClaimContext, metric_of
from webtrial.results.claims.predicates import predicate
from webtrial.results.claims.verdicts import (
    ABOUT_EQUAL,
    Band,
    Judged,
    Part,
    band,
    ends_of,
    reasons_of,
    untestable,
    verdict_of,
)
from webtrial.stats.intervals import MINIMUM_BLOCKS, geometric_mean
from webtrial.stats.thresholds import TOLERATED_SHARE


@predicate
def ratio(claim: Claim, case: ClaimContext) -> Judged:
    """Judge each stack over each baseline in each scenario; all must be within the claim."""
    allowed = band(claim.comparator, claim.numbers)
    return judged_together(
        [
            compared(claim, case, (stack, baseline), scenario, allowed)
            for stack, baseline, scenario in product(claim.stack, claim.baseline, claim.scenario)
        ]
    )


def judged_together(parts: Sequence[Part]) -> Judged:
    """Judge a claim that is based on several ratios.

    The value shown is their geometric mean, with the outermost ends of their intervals.
    """
    values = [part.value for part in parts if part.value > 0]
    mean = geometric_mean(values).value if values else nan
    return Judged(verdict_of(parts), reasons_of(parts), mean, *ends_of(parts), tuple(parts))


@predicate
def figure(claim: Claim, case: ClaimContext) -> Judged:
    """Judge an absolute figure by its ratios to the same figure claimed of other stacks.

    It is shown as measured, with the machine.
    """
    others = [other for other in case.claims if _stands_beside(claim, other)]
    if not others:
        return untestable("needs the same figure of another stack to stand beside")
    stack, scenario = claim.stack[0], claim.scenario[0]
    parts = [
        compared(claim, case, (stack, other.stack[0]), scenario, _claimed_ratio(claim, other))
        for other in others
    ]
    found = case.figure(claim, stack, scenario)
    shown = f"on {case.machine}; judged by ratios: " * isfinite(found.value)
    reason = shown + reasons_of(parts)
    return Judged(verdict_of(parts), reason, found.value, found.low, found.high, tuple(parts))


def _stands_beside(claim: Claim, other: Claim) -> bool:
    """Whether two claimed figures are of the same quantity and of different stacks."""
    of = (claim.predicate, claim.scenario, claim.metric)
    return of == (other.predicate, other.scenario, other.metric) and claim.stack != other.stack


def _claimed_ratio(claim: Claim, other: Claim) -> Band:
    return band("about", [claim.numbers[0] / other.numbers[0]])


def compared(
    claim: Claim, case: ClaimContext, stacks: tuple[str, str], scenario: str, allowed: Band
) -> Part:
    """Compare one ratio with the claim."""
    what = f"{' / '.join(map(case.title, stacks))}, {humanize(scenario)}"
    part = Part(what, allowed, unit=f"ratio of {metric_of(claim).label}")
    if lacking := case.lacks(stacks, scenario, claim.load):
        return replace(part, missing=lacking)
    row = case.ratio(claim, stacks, scenario)
    value, low, high = row["ratio"], row["low"], row["high"]
    if row["blocks_untouched"] < MINIMUM_BLOCKS or not isfinite(low):
        seen = f"{what} {number(value)}, claimed {allowed.said}: {row['reason']}"
        return replace(part, value=value, reason=seen)
    seen = f"{what} {with_interval(value, low, high)}, claimed {allowed.said}"
    direction, size = _direction(row, allowed), allowed.holds(low, high)
    return replace(
        part,
        value=value,
        low=low,
        high=high,
        direction=direction,
        size=size,
        reason=seen + _undecided(direction, size) + _failing(row),
    )


def _direction(row: dict[str, Any], allowed: Band) -> bool | None:
    """Whether the ratio lies on the claimed side of 1; None if undecided.

    Stacks shown to be about equal lie on neither side (False). An interval that covers 1 and more
    decides nothing.
    """
    if row["verdict"] == "inconclusive":
        return False if ABOUT_EQUAL.holds(row["low"], row["high"]) else None
    return bool(row["verdict"] == ("lower" if allowed.is_below_one else "higher"))


def _failing(row: dict[str, Any]) -> str:
    """Return the warning that too many requests of one side failed."""
    often = max(row["failed"], row["failed_baseline"])
    return f", {percent(often)} of one's requests failed" if often > TOLERATED_SHARE else ""


def _undecided(direction: bool | None, size: bool | None) -> str:
    if direction is None:
        return ": the interval covers 1"
    if direction and size is None:
        return ": size undecided"
    return ""
