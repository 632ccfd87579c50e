"""Claims about which framework suits which project, judged by scores over what was measured."""

from importlib import import_module
from importlib.util import find_spec

import pandas as pd

from webtrial.analyse.claims.book import Claim
from webtrial.analyse.claims.case import Case
from webtrial.analyse.claims.predicates import predicate
from webtrial.analyse.claims.verdicts import INCONCLUSIVE, REFUTED, SUPPORTED, Judged, untestable

SCORES = "webtrial.analyse.choosing"


@predicate
def recommended(claim: Claim, case: Case) -> Judged:
    """Whether the scores of a project recommend one of the stacks that are claimed.

    `recommended(run)` of the module SCORES has a row per project: project (as it is claimed), stack
    (that with the best score), decided (whether its interval is clear of the next one's), reason.
    """
    if find_spec(SCORES) is None:
        return untestable("needs scores over weighted criteria, which are not computed yet")
    scores: pd.DataFrame = import_module(SCORES).recommended(case.run)
    project = claim.claimed[0]
    rows = scores[scores["project"] == project]
    if rows.empty:
        return untestable(f"needs scores of a {project}")
    best = rows.iloc[0]
    agrees = SUPPORTED if best["stack"] in claim.stack else REFUTED
    verdict = agrees if best["decided"] else INCONCLUSIVE
    return Judged(verdict, str(best["reason"]), str(best["stack"]))
