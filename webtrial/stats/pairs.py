"""Two stacks as a pair: what kind of comparison they make, and in what they differ.

The stack that has its framework's name (`flask` of Flask) is that framework as deployed. What a
matched pair is and how it is found stands in `matching`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

from webtrial.run.store import Run

Kind = Literal["as deployed", "matched", "variant", "a/a"]
Stacks = Mapping[str, Mapping[str, Any]]

KINDS: tuple[Kind, ...] = ("as deployed", "matched")
"""The kinds of comparison that findings are made of."""

AXIS_NAMES = {
    "data_access": "data access",
    "orm": "ORM",
    "serialiser": "serialiser",
    "driver": "driver",
    "concurrency": "concurrency",
    "server": "server",
    "sources": "order of source requests",
    "http_client": "HTTP client",
    "searches": "order of search queries",
    "after_clone": "indexes",
}
"""The axes in which two stacks may differ beside the framework, as people read them."""

EVERY_AXIS = ("framework", *AXIS_NAMES)
EFFECTIVE_IN = {
    "sources": ("dashboard", "fan_out"),
    "http_client": ("dashboard", "fan_out"),
    "searches": ("product_search",),
}
"""Axes that matter only in scenarios that ask upstreams or search products. Others always do."""


@dataclass(frozen=True, slots=True)
class Pair:
    """`stack` over `baseline`. `differs` are the axes, apart from the framework, in which the two
    have different values. `match` says what both sides of a matched pair have, such as "ORM with
    serialiser", and is "" for every other pair; a pair as deployed can be matched, too."""

    stack: str
    baseline: str
    kind: Kind
    differs: tuple[str, ...] = ()
    match: str = ""

    def differs_in(self, scenario: str) -> tuple[str, ...]:
        """The axes of `differs` that have an effect in a scenario."""
        return tuple(axis for axis in self.differs if has_effect(axis, scenario))


def has_effect(axis: str, scenario: str) -> bool:
    """Whether the value of an axis can matter in a scenario."""
    return scenario in EFFECTIVE_IN.get(axis, (scenario,))


def pairs_differing_only_in(run: Run, axis: str) -> list[Pair]:
    """The pairs that differ in one axis and nothing else. The baseline does things in turn, where
    one of the two does; else it is the one that is read first."""
    stacks = stacks_in_order(run)
    pairs = [
        (stack, baseline)
        for baseline, stack in combinations(stacks, 2)
        if [each for each in EVERY_AXIS if stacks[stack].get(each) != stacks[baseline].get(each)]
        == [axis]
    ]
    return [
        pair_of(baseline, stack, "variant", stacks)
        if stacks[stack].get(axis) == "in turn"
        else pair_of(stack, baseline, "variant", stacks)
        for stack, baseline in pairs
    ]


def over_deployed(run: Run, framework: str) -> list[Pair]:
    """Every stack over that framework's as deployed; none where the run has no such stack."""
    stacks = stacks_in_order(run)
    return [
        pair_of(stack, baseline, "variant", stacks)
        for baseline in stacks
        if is_deployed(baseline, stacks) and framework_of(baseline, stacks) == framework
        for stack in stacks
        if stack != baseline
    ]


def together_over_deployed(run: Run) -> list[Pair]:
    """Every stack in which two frameworks serve together, over each of them as deployed."""
    stacks = stacks_in_order(run)
    return [
        pair_of(stack, baseline, "variant", stacks)
        for stack in stacks
        if len(frameworks := frameworks_of(stack, stacks)) > 1
        for framework in frameworks
        for baseline in stacks
        if is_deployed(baseline, stacks) and framework_of(baseline, stacks) == framework
    ]


def with_itself(stack: str) -> Pair:
    """A stack against itself, measured twice in each block (A/A)."""
    return Pair(stack, stack, "a/a")


def pair_of(stack: str, baseline: str, kind: Kind, stacks: Stacks, match: str = "") -> Pair:
    """Two stacks as a pair, with the axes in which they differ."""
    return Pair(stack, baseline, kind, differing(stack, baseline, stacks), match)


def differing(stack: str, baseline: str, stacks: Stacks) -> tuple[str, ...]:
    """The axes, apart from the framework, in which two stacks have different values."""
    above, below = stacks[stack], stacks[baseline]
    return tuple(axis for axis in AXIS_NAMES if above.get(axis) != below.get(axis))


def stacks_in_order(run: Run) -> dict[str, dict[str, Any]]:
    """The manifest's stacks as people read them: frameworks in the order of the parameters, each
    framework's stack as deployed before its variants."""
    stacks = run.manifest.stacks
    asked = [name for name in run.manifest.parameters.all_stacks if name in stacks]
    frameworks = list(dict.fromkeys(framework_of(name, stacks) for name in (*asked, *stacks)))
    order = sorted(
        stacks,
        key=lambda name: (
            frameworks.index(framework_of(name, stacks)),
            not is_deployed(name, stacks),
        ),
    )
    return {name: stacks[name] for name in order}


def is_deployed(name: str, stacks: Stacks) -> bool:
    """Whether `name` is its framework's stack as deployed."""
    return name == str(stacks[name].get("framework", "")).lower()


def framework_of(name: str, stacks: Stacks) -> str:
    """The framework of a stack, its own name where the manifest does not say."""
    return str(stacks.get(name, {}).get("framework", name))


def frameworks_of(name: str, stacks: Stacks) -> list[str]:
    """The framework of a stack, or the two that serve together in it."""
    return framework_of(name, stacks).split(" and ")


def title_of(name: str, stacks: Stacks) -> str:
    """The label of a stack in figures and sentences."""
    return str(stacks.get(name, {}).get("title", name))
