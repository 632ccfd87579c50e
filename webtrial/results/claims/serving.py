"""Claims that something works, judged by the trials that needed it."""

from math import inf, nan

import pandas as pd

from webtrial.results.base.formatting import percent
from webtrial.results.claims.book import Claim
from webtrial.results.claims.case import ClaimContext
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
def served(claim: Claim, case: ClaimContext) -> Judged:
    """Judge whether every stack served the scenario.

    In every untouched block at most TOLERATED_SHARE of its requests may fail.
    """
    parts = [_part(claim, case, stack) for stack in claim.stack]
    verdict = verdict_of(parts)
    words = {SUPPORTED: YES, REFUTED: NO}
    return Judged(verdict, reasons_of(parts), words.get(verdict, nan), parts=tuple(parts))


def _part(claim: Claim, case: ClaimContext, stack: str) -> Part:
    if lacking := case.lacks((stack,), claim.scenario[0], claim.load):
        return Part(stack, ANYTHING, missing=lacking)
    rows = case.measured(stack, claim.scenario[0], claim.load)
    holds = _holds(rows[rows["verdict"] == "valid"])
    few = f", fewer than {MINIMUM_BLOCKS} untouched blocks" if holds is None else ""
    failed = percent(float(rows["error_fraction"].max()))
    reason = f"{case.title(stack)}: at most {failed} of the requests of a block failed{few}"
    return Part(stack, ANYTHING, direction=holds, size=holds, reason=reason)


def _holds(untouched: pd.DataFrame) -> bool | None:
    if len(untouched) < MINIMUM_BLOCKS:
        return None
    return bool((untouched["error_fraction"] <= TOLERATED_SHARE).all())
