"""Pairs of stacks: the kind of comparison and the axes in which the two stacks differ.

The stack that has its framework's name (`flask` of Flask) is that framework as deployed. `matching`
defines matched pairs and finds them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

from webtrial.run.store import Run

Kind = Literal["as deployed", "matched", "variant", "a/a"]
Stacks = Mapping[str, Mapping[str, Any]]

KINDS: tuple[Kind, ...] = ("as deployed", "matched")
"""The kinds of comparison that findings use."""

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
"""Display names of the axes, apart from the framework, in which two stacks may differ."""

EVERY_AXIS = ("framework", *AXIS_NAMES)
EFFECTIVE_IN = {
    "sources": ("dashboard", "fan_out"),
    "http_client": ("dashboard", "fan_out"),
    "searches": ("product_search",),
}
"""Axes that matter only in scenarios that call upstreams or search products. All others always
matter.
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """`stack` over `baseline`.

    `differs` are the axes, apart from the framework, in which the two have different values.
    `match` says what both sides of a matched pair share, such as "ORM with serialiser", and is ""
    for every other pair; a pair as deployed can also be matched.
    """

    stack: str
    baseline: str
    kind: Kind
    differs: tuple[str, ...] = ()
    match: str = ""

    def differs_in(self, scenario: str) -> tuple[str, ...]:
        """Return the axes of `differs` that have an effect in a scenario."""
        return tuple(axis for axis in self.differs if has_effect(axis, scenario))


def has_effect(axis: str, scenario: str) -> bool:
    """Whether the value of an axis can matter in a scenario."""
    return scenario in EFFECTIVE_IN.get(axis, (scenario,))


def pairs_differing_only_in(run: Run, axis: str) -> list[Pair]:
    """Return the pairs that differ in one axis and nothing else.

    The baseline is the stack that does things in turn, if one of the two does; otherwise the first
    in reading order.
    """
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
    """Return every stack over the framework's stack as deployed; none if that stack is missing."""
    stacks = stacks_in_order(run)
    return [
        pair_of(stack, baseline, "variant", stacks)
        for baseline in stacks
        if is_deployed(baseline, stacks) and framework_of(baseline, stacks) == framework
        for stack in stacks
        if stack != baseline
    ]


def together_over_deployed(run: Run) -> list[Pair]:
    """Return every stack that runs two frameworks together, over each of them as deployed."""
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
    """Return a stack paired with itself, measured twice in each block (A/A)."""
    return Pair(stack, stack, "a/a")


def pair_of(stack: str, baseline: str, kind: Kind, stacks: Stacks, match: str = "") -> Pair:
    """Return two stacks as a pair, with the axes in which they differ."""
    return Pair(stack, baseline, kind, differing(stack, baseline, stacks), match)


def differing(stack: str, baseline: str, stacks: Stacks) -> tuple[str, ...]:
    """Return the axes, apart from the framework, in which two stacks have different values."""
    above, below = stacks[stack], stacks[baseline]
    return tuple(axis for axis in AXIS_NAMES if above.get(axis) != below.get(axis))


def stacks_in_order(run: Run) -> dict[str, dict[str, Any]]:
    """Return the manifest's stacks in reading order.

    Frameworks follow the order of the parameters; each framework's stack as deployed comes before
    its variants.
    """
    stacks = run.manifest.stacks
    in_parameters = [name for name in run.manifest.parameters.all_stacks if name in stacks]
    frameworks = list(
        dict.fromkeys(framework_of(name, stacks) for name in (*in_parameters, *stacks))
    )
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
    """Return the framework of a stack, or the stack's own name if the manifest does not say."""
    return str(stacks.get(name, {}).get("framework", name))


def frameworks_of(name: str, stacks: Stacks) -> list[str]:
    """Return the framework of a stack, or both frameworks if it runs two."""
    return framework_of(name, stacks).split(" and ")


def title_of(name: str, stacks: Stacks) -> str:
    """Return the label of a stack in figures and sentences."""
    return str(stacks.get(name, {}).get("title", name))
