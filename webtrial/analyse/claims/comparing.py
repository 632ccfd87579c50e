"""Claims that set stacks against each other: ratios, figures judged as ratios, who has least."""

from itertools import product
from math import inf, isfinite, nan
from typing import Any

from webtrial.analyse.claims.book import Claim
from webtrial.analyse.claims.case import Case, measured_text
from webtrial.analyse.claims.predicates import predicate
from webtrial.analyse.claims.verdicts import (
    ABOUT,
    Band,
    Judged,
    Part,
    band,
    reasons_of,
    spanned,
    verdict_of,
)
from webtrial.analyse.headline import FAILING
from webtrial.analyse.phrases import interval, percent, spoken, times
from webtrial.analyse.statistics import MINIMUM_BLOCKS, geometric_mean
from webtrial.capabilities import NO, YES


@predicate
def ratio(claim: Claim, case: Case) -> Judged:
    """Each stack over each baseline in each scenario. Of several ratios the geometric mean is
    shown, with the ends of all their intervals."""
    allowed = band(claim.comparator, claim.numbers)
    return _all_of(
        [
            ratio_part(claim, case, stack, baseline, scenario, allowed)
            for stack, baseline, scenario in product(claim.stack, claim.baseline, claim.scenario)
        ]
    )


@predicate
def figure(claim: Claim, case: Case) -> Judged:
    """An absolute figure: judged by its ratios to the figures of the same thing that are claimed of
    other stacks, shown as it was measured, with the machine."""
    stack, scenario = claim.stack[0], claim.scenario[0]
    parts = [
        ratio_part(claim, case, stack, other.stack[0], scenario, band("about", [claimed]))
        for other in case.claims
        if _is_beside(claim, other)
        for claimed in [claim.numbers[0] / other.numbers[0]]
    ]
    found = case.figure(claim, stack, scenario)
    shown = f"{measured_text(found.value, claim.unit)} on {case.machine}; judged as ratios: "
    reason = reasons_of(parts)
    reason = shown + reason if isfinite(found.value) else reason
    return Judged(verdict_of(parts), found.value, found.low, found.high, reason, tuple(parts))


def _is_beside(claim: Claim, other: Claim) -> bool:
    """Whether two figures are of the same thing and of different stacks."""
    of = (claim.predicate, claim.scenario, claim.metric)
    return of == (other.predicate, other.scenario, other.metric) and claim.stack != other.stack


@predicate
def smallest(claim: Claim, case: Case) -> Judged:
    """Less of the metric than each baseline: every ratio is below 1."""
    parts = [
        ratio_part(claim, case, stack, baseline, scenario, Band(0.0, 1.0))
        for stack, baseline, scenario in product(claim.stack, claim.baseline, claim.scenario)
    ]
    return _all_of(parts)


@predicate
def served(claim: Claim, case: Case) -> Judged:
    """Every stack served the scenario in every untouched block, at most FAILING of its requests
    failing."""
    parts = [_served(claim, case, stack, claim.scenario[0]) for stack in claim.stack]
    verdict = verdict_of(parts)
    word = {"supported": YES, "refuted": NO}.get(verdict, nan)
    return Judged(verdict, word, nan, nan, reasons_of(parts), tuple(parts))


def _served(claim: Claim, case: Case, stack: str, scenario: str) -> Part:
    anything = Band(-inf, inf)
    if lacking := case.lacks((stack,), scenario, claim.load):
        return Part(stack, anything, missing=lacking)
    cell = case.cell(scenario, claim.load)
    rows = cell[(cell["stack"] == stack) & (cell["role"] == "measure")]
    valid = rows[rows["verdict"] == "valid"]
    failed = float(rows["error_fraction"].max())
    holds = bool((valid["error_fraction"] <= FAILING).all())
    holds_ = holds if len(valid) >= MINIMUM_BLOCKS else None
    seen = f"{case.title(stack)}: {percent(failed)} of requests failed"
    few = "" if holds_ is not None else f", fewer than {MINIMUM_BLOCKS} untouched blocks"
    return Part(stack, anything, direction=holds_, size=holds_, reason=seen + few)


def ratio_part(
    claim: Claim, case: Case, stack: str, baseline: str, scenario: str, allowed: Band
) -> Part:
    """One ratio against what is claimed of it."""
    what = f"{case.title(stack)} / {case.title(baseline)}, {spoken(scenario)}"
    if lacking := case.lacks((stack, baseline), scenario, claim.load):
        return Part(what, allowed, missing=lacking)
    row = case.ratio(claim, stack, baseline, scenario)
    value, low, high = row["ratio"], row["low"], row["high"]
    decided = row["blocks_untouched"] >= MINIMUM_BLOCKS and isfinite(low)
    seen = f"{what} {times(value, low, high)}" + (f" ({interval(low, high)})" if decided else "")
    direction = _direction(row, allowed) if decided else None
    size = allowed.holds(low, high) if decided else None
    why = _undecided(row, direction, size)
    reason = f"{seen}, claimed {_claimed_text(allowed)}" + (f": {why}" if why else "")
    return Part(what, allowed, value, low, high, direction, size, reason)


def _direction(row: dict[str, Any], allowed: Band) -> bool | None:
    """Whether the ratio lies on the claimed side of 1; about equal is neither side."""
    claimed = "lower" if allowed.is_below_one else "higher"
    if row["verdict"] == "inconclusive":
        return False if Band(1 / ABOUT, ABOUT).holds(row["low"], row["high"]) else None
    return bool(row["verdict"] == claimed)


def _undecided(row: dict[str, Any], direction: bool | None, size: bool | None) -> str:
    if direction is None:
        return str(row["reason"])
    if direction and size is None:
        return "the direction holds, the interval reaches over the end of what is claimed"
    return ""


def _claimed_text(allowed: Band) -> str:
    return "below 1" if allowed.low == 0 else f"within {interval(allowed.low, allowed.high)}"


def _all_of(parts: list[Part]) -> Judged:
    values = [part.value for part in parts if isfinite(part.value) and part.value > 0]
    measured = geometric_mean(values).value if values else nan
    return Judged(verdict_of(parts), measured, *spanned(parts), reasons_of(parts), tuple(parts))
