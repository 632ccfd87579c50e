"""Claims about what a framework can do, judged by probes; and subjective claims."""

import re
from dataclasses import replace
from typing import NamedTuple

from webtrial.errors import ClaimError
from webtrial.results.claims.book import Claim
from webtrial.results.claims.case import ClaimContext
from webtrial.results.claims.comparing import ratio
from webtrial.results.claims.predicates import predicate
from webtrial.results.claims.verdicts import (
    INCONCLUSIVE,
    NOT_TESTABLE,
    PARTLY,
    REFUTED,
    SUPPORTED,
    Judged,
    untestable,
)
from webtrial.run.capabilities import NO, YES

IN_PART = "in part"
_FORM = re.compile(r"(in full: )?([^:]+): (.+?)(?: (!?=|has) (.+))?")


class Demand(NamedTuple):
    """A condition on a finding.

    Forms: `ORM: comes with the framework = yes`, `!= none`, or `has PACKAGE` for a list of names;
    without a sign the finding is only shown. After `in full: ` the condition applies to the whole
    claim: if only such conditions are not met, the claim holds in part.
    """

    in_full: str | None
    capability: str
    question: str
    sign: str | None
    value: str | None

    def met_by(self, found: str) -> bool:
        """Whether the finding meets the condition."""
        if self.sign == "has":
            return self.value in found.split(", ")
        return (found == self.value) == (self.sign == "=")

    def seen(self, found: str | None) -> str:
        """Return the finding as text.

        For a long list of names it says only whether the list contains the value.
        """
        if found is None:
            found = "not probed"
        elif self.sign == "has":
            found = f"{self.value} {'among them' if self.met_by(found) else 'not among them'}"
        return f"{self.capability}, {self.question}: {found}"


@predicate
def found(claim: Claim, case: ClaimContext) -> Judged:
    """Judge the findings of the stack's framework by the conditions in `evidence`.

    `yes` if all are met, `in part` if only conditions marked as in full are not met, otherwise
    `no`.
    """
    demands = _demands(claim)
    values = [
        case.findings.get((claim.stack[0], each.capability, each.question)) for each in demands
    ]
    both = list(zip(demands, values, strict=True))
    seen = "; ".join(each.seen(value) for each, value in both)
    if None in values:
        return Judged(INCONCLUSIVE, f"{seen} (`make capabilities` probes)")
    unmet = [each for each, value in both if not each.met_by(value or "")]
    if any(not each.in_full for each in unmet):
        return Judged(REFUTED, seen, NO)
    return Judged(PARTLY, seen, IN_PART) if unmet else Judged(SUPPORTED, seen, YES)


@predicate
def subjective(claim: Claim, case: ClaimContext) -> Judged:
    """Return what would be needed to judge a claim that cannot be measured here.

    The reason also gives what can be counted: the ratio to `baseline` if the claim has one, and the
    findings of `evidence` for every framework.
    """
    compared = ratio(claim, case) if claim.baseline else untestable("")
    counted = [_side_by_side(case, each) for each in _demands(claim)]
    seen = "; ".join(text for text in (compared.reason, *counted) if text)
    reason = f"{claim.needs}; what can be counted: {seen}"
    return replace(compared, verdict=NOT_TESTABLE, reason=reason)


def _side_by_side(case: ClaimContext, demand: Demand) -> str:
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
