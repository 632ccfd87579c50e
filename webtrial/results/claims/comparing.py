"""Claims that compare stacks: ratios, and figures that are judged as ratios."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from math import isfinite, nan
from typing import Any

from webtrial.results.base.formatting import humanize, number, percent, with_interval
from webtrial.results.claims.claims_file import Claim
from webtrial.results.claims.context import ClaimContext, metric_of
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
def ratio(claim: Claim, context: ClaimContext) -> Judged:
    """Judge each stack over each baseline in each scenario; all must be within the claim."""
    allowed = band(claim.comparator, claim.numbers)
    return judge_parts(
        [
            compare(claim, context, (stack, baseline), scenario, allowed)
            for stack, baseline, scenario in product(claim.stack, claim.baseline, claim.scenario)
        ]
    )


def judge_parts(parts: Sequence[Part]) -> Judged:
    """Judge a claim that is based on several ratios.

    The value shown is their geometric mean, with the outermost ends of their intervals.
    """
    values = [part.value for part in parts if part.value > 0]
    mean = geometric_mean(values).value if values else nan
    return Judged(verdict_of(parts), reasons_of(parts), mean, *ends_of(parts), tuple(parts))


@predicate
def figure(claim: Claim, context: ClaimContext) -> Judged:
    """Judge an absolute figure by its ratios to the same figure claimed of other stacks.

    It is shown as measured, with the machine.
    """
    others = [other for other in context.claims if _is_same_quantity(claim, other)]
    if not others:
        return untestable("needs the same figure for another stack to compare with")
    stack, scenario = claim.stack[0], claim.scenario[0]
    parts = [
        compare(claim, context, (stack, other.stack[0]), scenario, _claimed_ratio(claim, other))
        for other in others
    ]
    measured = context.estimate(claim, stack, scenario)
    prefix = f"on {context.machine}; judged by ratios: " * isfinite(measured.value)
    reason = prefix + reasons_of(parts)
    return Judged(
        verdict_of(parts), reason, measured.value, measured.low, measured.high, tuple(parts)
    )


def _is_same_quantity(claim: Claim, other: Claim) -> bool:
    """Whether two claimed figures are of the same quantity and of different stacks."""
    quantity = (claim.predicate, claim.scenario, claim.metric)
    return (
        quantity == (other.predicate, other.scenario, other.metric) and claim.stack != other.stack
    )


def _claimed_ratio(claim: Claim, other: Claim) -> Band:
    return band("about", [claim.numbers[0] / other.numbers[0]])


def compare(
    claim: Claim, context: ClaimContext, stacks: tuple[str, str], scenario: str, allowed: Band
) -> Part:
    """Compare one ratio with the claim."""
    what = f"{' / '.join(map(context.title, stacks))}, {humanize(scenario)}"
    part = Part(what, allowed, unit=f"ratio of {metric_of(claim).label}")
    if missing := context.missing(stacks, scenario, claim.load):
        return replace(part, missing=missing)
    row = context.ratio(claim, stacks, scenario)
    value, low, high = row["ratio"], row["low"], row["high"]
    if row["blocks_untouched"] < MINIMUM_BLOCKS or not isfinite(low):
        reason = f"{what} {number(value)}, claimed {allowed.text}: {row['reason']}"
        return replace(part, value=value, reason=reason)
    reason = f"{what} {with_interval(value, low, high)}, claimed {allowed.text}"
    direction, size = _direction(row, allowed), allowed.contains(low, high)
    return replace(
        part,
        value=value,
        low=low,
        high=high,
        direction=direction,
        size=size,
        reason=reason + _undecided_note(direction, size) + _failure_note(row),
    )


def _direction(row: dict[str, Any], allowed: Band) -> bool | None:
    """Whether the ratio lies on the claimed side of 1; None if undecided.

    Stacks shown to be about equal lie on neither side (False). An interval that covers 1 and more
    decides nothing.
    """
    if row["verdict"] == "inconclusive":
        return False if ABOUT_EQUAL.contains(row["low"], row["high"]) else None
    return bool(row["verdict"] == ("lower" if allowed.is_below_one else "higher"))


def _failure_note(row: dict[str, Any]) -> str:
    """Return the warning that too many requests of one side failed."""
    failed = max(row["failed"], row["failed_baseline"])
    is_notable = failed > TOLERATED_SHARE
    return f", {percent(failed)} of the requests of one stack failed" if is_notable else ""


def _undecided_note(direction: bool | None, size: bool | None) -> str:
    if direction is None:
        return ": the interval covers 1"
    if direction and size is None:
        return ": size undecided"
    return ""
