"""Claims about what a framework can do, read from what probes found; and matters of taste."""

import re
from math import nan
from typing import NamedTuple

from webtrial.analyse.claims.book import Claim
from webtrial.analyse.claims.case import Case
from webtrial.analyse.claims.comparing import ratio
from webtrial.analyse.claims.predicates import predicate
from webtrial.analyse.claims.verdicts import Judged, untestable
from webtrial.capabilities import NO, YES
from webtrial.errors import ClaimError

_DEMAND = re.compile(r"(?P<capability>[^:]+): (?P<question>.+?)( (?P<sign>!?=) (?P<value>.+))?")


class Demand(NamedTuple):
    """`ORM: comes with the framework = yes`; without a sign whatever was found is only shown."""

    capability: str
    question: str
    sign: str | None
    value: str | None

    def met_by(self, found: str) -> bool:
        """Whether what was found is what is demanded."""
        return (found == self.value) == (self.sign == "=")


@predicate
def found(claim: Claim, case: Case) -> Judged:
    """`yes` where everything in `evidence` was found of the stack's framework, else `no`."""
    demands = _demands(claim)
    values = [case.findings.get((claim.stack[0], each.capability, each.question)) for each in demands]
    seen = [
        f"{each.capability}: {each.question}: {value or 'not probed'}"
        for each, value in zip(demands, values, strict=True)
    ]
    if None in values:
        return Judged("inconclusive", nan, nan, nan, f"{'; '.join(seen)}: `make capabilities`")
    met = [each.met_by(value or "") for each, value in zip(demands, values, strict=True)]
    verdict = "supported" if all(met) else "refuted"
    return Judged(verdict, YES if all(met) else NO, nan, nan, "; ".join(seen))


@predicate
def taste(claim: Claim, case: Case) -> Judged:
    """What nobody can measure: what would be needed, and beside it what can be counted."""
    counted = [_side_by_side(case, each) for each in _demands(claim)]
    compared = ratio(claim, case) if claim.baseline else None
    seen = [*([compared.reason] if compared else []), *counted]
    reason = f"{claim.needs}; counted beside it: {'; '.join(seen)}"
    if compared is None:
        return untestable(reason)
    return Judged("not testable here", compared.measured, compared.low, compared.high, reason)


def _side_by_side(case: Case, demand: Demand) -> str:
    values = [
        f"{stack} {value}"
        for (stack, capability, question), value in case.findings.items()
        if (capability, question) == (demand.capability, demand.question)
    ]
    return f"{demand.capability}, {demand.question}: {', '.join(values) or 'not probed'}"


def _demands(claim: Claim) -> list[Demand]:
    return [_demand(claim, text) for text in claim.evidence]


def _demand(claim: Claim, text: str) -> Demand:
    if (match := _DEMAND.fullmatch(text)) is None:
        raise ClaimError(
            f"data/claims.csv, {claim.id}, column evidence: {text!r} is not of the form"
            " `capability: question = value`"
        )
    return Demand(match["capability"], match["question"], match["sign"], match["value"])
