"""Claims about which framework suits which project."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

import pandas as pd

from webtrial.analyse.claims.book import Claim
from webtrial.analyse.claims.case import Case
from webtrial.analyse.claims.predicates import predicate
from webtrial.analyse.claims.verdicts import Judged, untestable
from webtrial.runs import Run

SCORES = "webtrial.analyse.choosing"


@predicate
def recommended(claim: Claim, case: Case) -> Judged:
    """Whether the scores of a project recommend one of the claimed stacks.

    `recommended(run)` of SCORES has a row per project: project (as in `claimed`), stack (the one
    with the best score), decided (whether its interval is clear of the next), reason.
    """
    if find_spec(SCORES) is None:
        return untestable("needs scores over weighted criteria, which this version does not have")
    judge: Callable[[Run], pd.DataFrame] = import_module(SCORES).recommended
    rows = judge(case.run)
    rows = rows[rows["project"] == claim.claimed[0]]
    if rows.empty:
        return untestable(f"needs scores for {claim.claimed[0]}")
    row = rows.iloc[0]
    agrees = row["stack"] in claim.stack
    decided = "supported" if agrees else "refuted"
    verdict = decided if row["decided"] else "inconclusive"
    return Judged(verdict, str(row["stack"]), float("nan"), float("nan"), str(row["reason"]))
