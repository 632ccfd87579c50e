"""Claims about which framework suits which project, judged by scores over measured criteria."""

from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.claims.claims_file import Claim
from webtrial.results.claims.context import ClaimContext
from webtrial.results.claims.predicates import predicate
from webtrial.results.claims.verdicts import INCONCLUSIVE, REFUTED, SUPPORTED, Judged, untestable
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import CONFIDENCE, MINIMUM_BLOCKS


@predicate
def recommended(claim: Claim, context: ClaimContext) -> Judged:
    """Judge whether one of the claimed stacks' frameworks has the highest score for the project.

    Its probability of being first must be at least CONFIDENCE.

    `ClaimContext.scores` has a row per project: project (as claimed), first (the framework with the
    highest score), probability (of being first, by the run's intervals), second, lacking (criteria
    that were not measured), blocks_untouched (the fewest behind any).
    """
    rows = context.scores[context.scores["project"] == claim.claimed[0]]
    (row,) = rows_of(rows) or [{"first": None}]
    if pd.isna(row["first"]):
        return untestable(f"needs a run with a criterion that has weight for {claim.claimed[0]}")
    agrees = str(row["first"]).lower() in claim.stack
    verdict = SUPPORTED if agrees else REFUTED
    is_certain = row["probability"] >= CONFIDENCE and row["blocks_untouched"] >= MINIMUM_BLOCKS
    return Judged(verdict if is_certain else INCONCLUSIVE, _reason(row), str(row["first"]))


def _reason(row: dict[str, Any]) -> str:
    reason = f"{row['first']} has the highest score, ahead of {row['second']}"
    if isfinite(row["probability"]):
        reason += f", with a probability of {row['probability']:.2f}"
    if row["blocks_untouched"] < MINIMUM_BLOCKS:
        reason += f"; fewer than {MINIMUM_BLOCKS} untouched blocks"
    return reason + (f"; not measured: {row['lacking']}" if row["lacking"] else "")
