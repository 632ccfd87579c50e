"""Claims about what a framework can do, judged by probes; and subjective claims."""

import re
from dataclasses import replace
from typing import NamedTuple

from webtrial.errors import ClaimError
from webtrial.results.claims.claims_file import Claim
from webtrial.results.claims.comparing import ratio
from webtrial.results.claims.context import ClaimContext
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


class Condition(NamedTuple):
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

    def is_met_by(self, finding: str) -> bool:
        """Whether the finding meets the condition."""
        if self.sign == "has":
            return self.value in finding.split(", ")
        return (finding == self.value) == (self.sign == "=")

    def describe(self, finding: str | None) -> str:
        """Return the finding as text.

        If the finding is a list of names, the text says only whether the list contains the value.
        """
        if finding is None:
            finding = "not probed"
        elif self.sign == "has":
            finding = f"{self.value} {'included' if self.is_met_by(finding) else 'not included'}"
        return f"{self.capability}, {self.question}: {finding}"


@predicate
def found(claim: Claim, context: ClaimContext) -> Judged:
    """Judge the findings of the stack's framework by the conditions in `evidence`.

    `yes` if all are met, `in part` if only conditions marked as in full are not met, otherwise
    `no`.
    """
    conditions = _conditions(claim)
    values = [
        context.findings.get((claim.stack[0], each.capability, each.question))
        for each in conditions
    ]
    pairs = list(zip(conditions, values, strict=True))
    reason = "; ".join(each.describe(value) for each, value in pairs)
    if None in values:
        return Judged(INCONCLUSIVE, f"{reason}; run `make capabilities`")
    unmet = [each for each, value in pairs if not each.is_met_by(value or "")]
    if any(not each.in_full for each in unmet):
        return Judged(REFUTED, reason, NO)
    return Judged(PARTLY, reason, IN_PART) if unmet else Judged(SUPPORTED, reason, YES)


@predicate
def subjective(claim: Claim, context: ClaimContext) -> Judged:
    """Return what would be needed to judge a claim that cannot be measured here.

    The reason also gives what can be counted: the ratio to `baseline` if the claim has one, and the
    findings of `evidence` for every framework.
    """
    compared = ratio(claim, context) if claim.baseline else untestable("")
    counted = [_findings_text(context, each) for each in _conditions(claim)]
    measurable = "; ".join(text for text in (compared.reason, *counted) if text)
    reason = f"{claim.needs}; measurable facts: {measurable}"
    return replace(compared, verdict=NOT_TESTABLE, reason=reason)


def _findings_text(context: ClaimContext, condition: Condition) -> str:
    values = [
        f"{context.title(stack)} {value}"
        for (stack, capability, question), value in context.findings.items()
        if (capability, question) == (condition.capability, condition.question)
    ]
    return f"{condition.capability}, {condition.question}: {', '.join(values) or 'not probed'}"


def _conditions(claim: Claim) -> list[Condition]:
    return [_condition(claim, text) for text in claim.evidence]


def _condition(claim: Claim, text: str) -> Condition:
    if (match := _FORM.fullmatch(text)) is None:
        raise ClaimError(
            f"data/claims.csv, {claim.id}, column evidence: {text!r} is not a valid condition;"
            " write `capability: question = value`"
        )
    return Condition(*match.groups())
