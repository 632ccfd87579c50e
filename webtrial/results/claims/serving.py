"""Claims that something works, judged by the trials that needed it."""

from math import inf, nan

import pandas as pd

from webtrial.results.base.formatting import percent
from webtrial.results.claims.claims_file import Claim
from webtrial.results.claims.context import ClaimContext
from webtrial.results.claims.predicates import predicate
from webtrial.results.claims.verdicts import (
    REFUTED,
    SUPPORTED,
    Band,
    Judged,
    Part,
    reasons_of,
    verdict_of,
)
from webtrial.run.capabilities import NO, YES
from webtrial.stats.intervals import MINIMUM_BLOCKS
from webtrial.stats.thresholds import TOLERATED_SHARE

ANYTHING = Band(-inf, inf)


@predicate
def served(claim: Claim, context: ClaimContext) -> Judged:
    """Judge whether every stack served the scenario.

    In every untouched block at most TOLERATED_SHARE of its requests may fail.
    """
    parts = [_part(claim, context, stack) for stack in claim.stack]
    verdict = verdict_of(parts)
    answers = {SUPPORTED: YES, REFUTED: NO}
    return Judged(verdict, reasons_of(parts), answers.get(verdict, nan), parts=tuple(parts))


def _part(claim: Claim, context: ClaimContext, stack: str) -> Part:
    if missing := context.missing((stack,), claim.scenario[0], claim.load):
        return Part(stack, ANYTHING, missing=missing)
    rows = context.measured(stack, claim.scenario[0], claim.load)
    is_served = _is_served(rows[rows["verdict"] == "valid"])
    note = f", fewer than {MINIMUM_BLOCKS} untouched blocks" if is_served is None else ""
    failed = percent(float(rows["error_fraction"].max()))
    reason = f"{context.title(stack)}: at most {failed} of the requests in a block failed{note}"
    return Part(stack, ANYTHING, direction=is_served, size=is_served, reason=reason)


def _is_served(untouched: pd.DataFrame) -> bool | None:
    if len(untouched) < MINIMUM_BLOCKS:
        return None
    return bool((untouched["error_fraction"] <= TOLERATED_SHARE).all())
