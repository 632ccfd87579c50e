"""A claim about frameworks, judged by stacks that differ in the framework alone.

As deployed, FastAPI writes SQL where Django and Flask load an ORM. What that takes belongs to the
ORM. So stacks are compared that are equal in data access, ORM, serialiser, driver and data.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from webtrial.analyse.claims.book import Claim
from webtrial.analyse.claims.case import Case
from webtrial.analyse.claims.comparing import compared, judged_together
from webtrial.analyse.claims.predicates import predicate
from webtrial.analyse.claims.verdicts import BELOW_ONE, NOT_TESTABLE, Judged, Part, reasons_of
from webtrial.analyse.pairs import EVERY_AXIS, framework_of
from webtrial.analyse.paths import BESIDE
from webtrial.analyse.phrases import listed, spoken

OF_THE_FRAMEWORK = ("framework", "concurrency", "server")
"""Axes that a framework cannot be had without: how it runs, on which server."""
AS_PLAIN = {"data_access": "raw SQL", "serialiser": "none"}
"""What every framework can be built with, so that a matched pair can always be had."""


@predicate
def smallest(claim: Claim, case: Case) -> Judged:
    """Less of the metric than each baseline in every matched pair of stacks: all ratios are below
    1. What the stacks take as deployed is told beside them and decides nothing."""
    pairs = list(product(claim.stack, claim.baseline))
    judged = judged_together([part for pair in pairs for part in _matched(claim, case, pair)])
    deployed = [compared(claim, case, pair, claim.scenario[0], BELOW_ONE) for pair in pairs]
    shown = reasons_of(part for part in deployed if not part.missing)
    matched = "" if judged.verdict == NOT_TESTABLE else "matched stacks: "
    beside = f"; not counted, since not matched: {shown}" if shown else ""
    return replace(judged, reason=f"{matched}{judged.reason}{beside}")


def _matched(claim: Claim, case: Case, deployed: tuple[str, str]) -> Iterator[Part]:
    scenario = claim.scenario[0]
    pairs = matched_stacks(case, deployed, scenario, claim.load)
    if not pairs:
        what = " / ".join(map(case.title, deployed))
        yield Part(what, BELOW_ONE, missing=_needed(case, deployed, scenario, claim.load))
    for pair in pairs:
        yield compared(claim, case, pair, scenario, BELOW_ONE)


def matched_stacks(
    case: Case, deployed: tuple[str, str], scenario: str, load_kind: str
) -> list[tuple[str, str]]:
    """The measured pairs of stacks of two frameworks that differ in OF_THE_FRAMEWORK alone, each
    run as its framework is deployed. Axes without effect in the scenario may differ."""
    stacks = case.run.manifest.stacks
    first, second = (_of_framework(case, name, scenario, load_kind) for name in deployed)
    free = {*OF_THE_FRAMEWORK, *(BESIDE if scenario in ("user_detail", "crud") else ())}
    alike = [axis for axis in EVERY_AXIS if axis not in free]
    return [
        (stack, baseline)
        for stack, baseline in product(first, second)
        if all(stacks[stack].get(axis) == stacks[baseline].get(axis) for axis in alike)
    ]


def _of_framework(case: Case, deployed: str, scenario: str, load_kind: str) -> list[str]:
    """The stacks that were measured of the framework that is deployed so, run in the same way."""
    stacks = case.run.manifest.stacks
    if deployed not in stacks:
        return []
    return [
        name
        for name, axes in stacks.items()
        if framework_of(name, stacks) == framework_of(deployed, stacks)
        and all(axes.get(axis) == stacks[deployed].get(axis) for axis in ("concurrency", "server"))
        and not case.measured(name, scenario, load_kind).empty
    ]


def _needed(case: Case, deployed: tuple[str, str], scenario: str, load_kind: str) -> str:
    """Which stack would have to be measured for a matched pair of two frameworks."""
    if lacking := case.lacks(deployed, scenario, load_kind):
        return lacking
    stacks = case.run.manifest.stacks
    plain = AS_PLAIN | {"driver": stacks[deployed[1]].get("driver")}
    without = [
        case.title(name)
        for name in deployed
        if not any(
            all(stacks[each].get(axis) == value for axis, value in plain.items())
            for each in _of_framework(case, name, scenario, load_kind)
        )
    ]
    return (
        f"needs a matched pair of {' and '.join(map(case.title, deployed))} on {spoken(scenario)};"
        f" not measured: {listed(without or [*map(case.title, deployed)])} with"
        f" {plain['data_access']}, no serialiser and {plain['driver']}"
    )
