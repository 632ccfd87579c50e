"""Which stacks are held against each other: as deployed, and like for like.

The stack that bears its framework's name (`flask` of Flask) is how that framework's people deploy
it. Like for like are stacks of two frameworks with equal data access; where a framework has
several, the one made for this comparison (`django-plain`) is taken before the deployed one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

from webtrial.runs import Run

Kind = Literal["as deployed", "like for like"]
Stacks = Mapping[str, Mapping[str, Any]]

KINDS: tuple[Kind, ...] = ("as deployed", "like for like")
AXES = ("data_access", "serialiser", "concurrency", "server", "driver")
EVERY_AXIS = (
    *("framework", *AXES, "orm"),
    *("sources", "http_client", "searches", "after_clone"),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """`stack` over `baseline`. `equal` is the data access both have, if any; `differs` are the
    axes beside the framework that change at once."""

    stack: str
    baseline: str
    kind: Kind
    equal: str | None
    differs: tuple[str, ...]


def pairs_of(run: Run) -> list[Pair]:
    """All pairs of a run's stacks, as deployed first, the later stack on top."""
    stacks = stacks_in_order(run)
    deployed = [name for name in stacks if is_deployed(name, stacks)]
    plain = _pairs(deployed, "as deployed", stacks)
    taken = {(pair.stack, pair.baseline) for pair in plain if not _differs_in_access(pair)}
    like = [
        pair
        for access in _unique(stacks, "data_access")
        for pair in _pairs(_for_comparison(access, stacks), "like for like", stacks)
        if (pair.stack, pair.baseline) not in taken
    ]
    return plain + like


def apart_in(run: Run, axis: str) -> list[Pair]:
    """The pairs that differ in one axis and nothing else. The baseline does things in turn, where
    one of the two does; else it is the one that is read first."""
    stacks = stacks_in_order(run)
    pairs = [
        _pair(stack, baseline, "like for like", stacks)
        for baseline, stack in combinations(stacks, 2)
        if [each for each in EVERY_AXIS if stacks[stack].get(each) != stacks[baseline].get(each)]
        == [axis]
    ]
    return [
        _pair(pair.baseline, pair.stack, pair.kind, stacks)
        if stacks[pair.stack].get(axis) == "in turn"
        else pair
        for pair in pairs
    ]


def over_deployed(run: Run, framework: str) -> list[Pair]:
    """Every stack over that framework's as deployed; none where the run has no such stack."""
    stacks = stacks_in_order(run)
    return [
        _pair(stack, baseline, "like for like", stacks)
        for baseline in stacks
        if is_deployed(baseline, stacks) and framework_of(baseline, stacks) == framework
        for stack in stacks
        if stack != baseline
    ]


def together_over_deployed(run: Run) -> list[Pair]:
    """Every stack in which two frameworks serve together, over each of them as deployed."""
    stacks = stacks_in_order(run)
    return [
        _pair(stack, baseline, "like for like", stacks)
        for stack in stacks
        if len(frameworks := frameworks_of(stack, stacks)) > 1
        for framework in frameworks
        for baseline in stacks
        if is_deployed(baseline, stacks) and framework_of(baseline, stacks) == framework
    ]


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


def _differs_in_access(pair: Pair) -> bool:
    return "data_access" in pair.differs


def _unique(stacks: Stacks, axis: str) -> list[str]:
    return list(dict.fromkeys(str(stack[axis]) for stack in stacks.values() if axis in stack))


def _for_comparison(access: str, stacks: Stacks) -> list[str]:
    """One stack per framework with that data access, the one not deployed before the deployed."""
    alike = [
        name
        for name in stacks
        if stacks[name].get("data_access") == access and len(frameworks_of(name, stacks)) == 1
    ]
    alike.sort(key=lambda name: is_deployed(name, stacks))
    chosen: dict[str, str] = {}
    for name in alike:
        chosen.setdefault(framework_of(name, stacks), name)
    return [name for name in stacks if name in chosen.values()]


def _pairs(names: list[str], kind: Kind, stacks: Stacks) -> list[Pair]:
    return [
        _pair(stack, baseline, kind, stacks)
        for stack, baseline in combinations(names[::-1], 2)
        if framework_of(stack, stacks) != framework_of(baseline, stacks)
    ]


def _pair(stack: str, baseline: str, kind: Kind, stacks: Stacks) -> Pair:
    above, below = stacks[stack], stacks[baseline]
    differs = tuple(axis for axis in AXES if above.get(axis) != below.get(axis))
    equal = above.get("data_access") if "data_access" not in differs else None
    return Pair(stack, baseline, kind, equal, differs)
