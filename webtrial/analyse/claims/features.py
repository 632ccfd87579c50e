"""Claims about what a framework can do, read from what probes found; and matters of taste."""

import re
from dataclasses import replace
from typing import NamedTuple

from webtrial.analyse.claims.book import Claim
from webtrial.analyse.claims.case import Case
from webtrial.analyse.claims.comparing import ratio
from webtrial.analyse.claims.predicates import predicate
from webtrial.analyse.claims.verdicts import (
    INCONCLUSIVE,
    NOT_TESTABLE,
    REFUTED,
    SUPPORTED,
    Judged,
    untestable,
)
from webtrial.capabilities import NO, YES
from webtrial.errors import ClaimError

_FORM = re.compile(r"([^:]+): (.+?)(?: (!?=) (.+))?")


class Demand(NamedTuple):
    """`ORM: comes with the framework = yes`, or `!= none`; without a sign what was found is only
    shown."""

    capability: str
    question: str
    sign: str | None
    value: str | None

    def met_by(self, found: str) -> bool:
        """Whether what was found is what is demanded."""
        return (found == self.value) == (self.sign == "=")


@predicate
def found(claim: Claim, case: Case) -> Judged:
    """`yes` where all that `evidence` demands was found of the stack's framework, else `no`."""
    demands = _demands(claim)
    values = [
        case.findings.get((claim.stack[0], each.capability, each.question)) for each in demands
    ]
    seen = "; ".join(
        f"{each.capability}, {each.question}: {value or 'not probed'}"
        for each, value in zip(demands, values, strict=True)
    )
    if None in values:
        return Judged(INCONCLUSIVE, f"{seen} (`make capabilities` probes)")
    if all(each.met_by(value or "") for each, value in zip(demands, values, strict=True)):
        return Judged(SUPPORTED, seen, YES)
    return Judged(REFUTED, seen, NO)


@predicate
def taste(claim: Claim, case: Case) -> Judged:
    """What nobody can measure here: what would be needed, and beside it what can be counted: the
    ratio to `baseline` if the claim has one, and what `evidence` names of every framework."""
    compared = ratio(claim, case) if claim.baseline else untestable("")
    counted = [_side_by_side(case, each) for each in _demands(claim)]
    seen = "; ".join(text for text in (compared.reason, *counted) if text)
    reason = f"{claim.needs}; what can be counted: {seen}"
    return replace(compared, verdict=NOT_TESTABLE, reason=reason)


def _side_by_side(case: Case, demand: Demand) -> str:
    values = [
        f"{case.title(stack)} {value}"
        for (stack, capability, question), value in case.findings.items()
        if (capability, question) == (demand.capability, demand.question)
    ]
    return f"{demand.capability}, {demand.question}: {', '.join(values) or 'not probed'}"


def _demands(claim: Claim) -> list[Demand]:
    return [_demand(claim, text) for text in claim.evidence]


def _demand(claim: Claim, text: str) -> Demand:
    if (match := _FORM.fullmatch(text)) is None:
        raise ClaimError(
            f"data/claims.csv, {claim.id}, column evidence: {text!r} is not of the form"
            " `capability: question = value`"
        )
    return Demand(*match.groups())
