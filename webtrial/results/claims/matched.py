"""A claim about frameworks, judged by stacks that differ only in the framework.

As deployed, FastAPI uses SQL where Django and Flask load an ORM, and the cost of that belongs to
the ORM. The comparison therefore uses matched pairs in which each stack has the server that its
framework is deployed with.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from webtrial.results.base.formatting import humanize, listed
from webtrial.results.claims.claims_file import Claim
from webtrial.results.claims.comparing import compare, judge_parts
from webtrial.results.claims.context import ClaimContext
from webtrial.results.claims.predicates import predicate
from webtrial.results.claims.verdicts import BELOW_ONE, NOT_TESTABLE, Judged, Part, reasons_of
from webtrial.stats.matching import has_own_server, matched_pairs, unmatched
from webtrial.stats.pairs import Pair, Stacks, framework_of, stacks_in_order


@predicate
def smallest(claim: Claim, context: ClaimContext) -> Judged:
    """Judge whether the metric is below each baseline's in every matched pair.

    That is, all ratios must be below 1. The ratios of the stacks as deployed are reported beside it
    and decide nothing.
    """
    pairs = list(product(claim.stack, claim.baseline))
    judged = judge_parts([part for pair in pairs for part in _matched(claim, context, pair)])
    deployed = [compare(claim, context, pair, claim.scenario[0], BELOW_ONE) for pair in pairs]
    unmatched_text = reasons_of(part for part in deployed if not part.missing)
    prefix = "" if judged.verdict == NOT_TESTABLE else "matched stacks: "
    note = f"; unmatched, does not count: {unmatched_text}" if unmatched_text else ""
    return replace(judged, reason=f"{prefix}{judged.reason}{note}")


def _matched(claim: Claim, context: ClaimContext, deployed: tuple[str, str]) -> Iterator[Part]:
    scenario = claim.scenario[0]
    stacks = _measured(context, scenario, claim.load)
    frameworks = {framework_of(name, context.run.manifest.stacks) for name in deployed}
    pairs = [
        pair
        for pair in matched_pairs(stacks, scenario)
        if {framework_of(name, stacks) for name in (pair.stack, pair.baseline)} == frameworks
        and all(has_own_server(name, stacks) for name in (pair.stack, pair.baseline))
    ]
    if not pairs:
        what = " / ".join(map(context.title, deployed))
        missing = context.missing(deployed, scenario, claim.load) or _requirement(
            context, deployed, claim
        )
        yield Part(what, BELOW_ONE, missing=missing)
    for pair in pairs:
        yield compare(claim, context, _in_order(pair, deployed[0], stacks), scenario, BELOW_ONE)


def _in_order(pair: Pair, first: str, stacks: Stacks) -> tuple[str, str]:
    """Return the two stacks, the one with the framework of `first` before the other."""
    is_first = framework_of(pair.stack, stacks) == framework_of(first, stacks)
    return (pair.stack, pair.baseline) if is_first else (pair.baseline, pair.stack)


def _measured(context: ClaimContext, scenario: str, load_kind: str) -> Stacks:
    """Return the stacks that were measured in a scenario at a kind of load, in reading order."""
    return {
        name: axes
        for name, axes in stacks_in_order(context.run).items()
        if not context.measured(name, scenario, load_kind).empty
    }


def _requirement(context: ClaimContext, deployed: tuple[str, str], claim: Claim) -> str:
    """Return which stack would have to be measured for a matched pair of two frameworks."""
    scenario = claim.scenario[0]
    frameworks = {framework_of(name, context.run.manifest.stacks) for name in deployed}
    stacks = {
        name: axes
        for name, axes in _measured(context, scenario, claim.load).items()
        if framework_of(name, context.run.manifest.stacks) in frameworks
    }
    missing = listed(unmatched(stacks, scenario)) or "none with the server of its framework"
    return (
        f"needs a matched pair of {' and '.join(map(context.title, deployed))} on"
        f" {humanize(scenario)}; this run has {missing}"
    )
