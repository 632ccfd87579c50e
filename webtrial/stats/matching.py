"""Matched pairs: stacks that differ in the framework and in nothing else that could be equal.

The two stacks of a matched pair have the same data access, driver and indexes, and both have a
serialiser or neither has. If they call upstreams, they do so in the same order and with the same
HTTP client; if they search products, they send the queries in the same order. Concurrency and
server may differ in one case only: when each stack has those that its framework is deployed with.
Otherwise both have the same concurrency. The framework determines which ORM and which serialiser a
stack uses; every comparison lists what differs.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations, product
from typing import Any

from webtrial.run.store import Run
from webtrial.stats.pairs import (
    EFFECTIVE_IN,
    Pair,
    Stacks,
    differing,
    framework_of,
    frameworks_of,
    has_effect,
    is_deployed,
    pair_of,
    stacks_in_order,
)
from webtrial.stats.trials import at_common_loads, measured, trials_table

Names = tuple[str, str]  # a stack and its baseline

SERIALISERS = ("with serialiser", "without serialiser")


def pairs_of(run: Run) -> list[Pair]:
    """Return the pairs that findings use, each once, from all scenarios.

    Pairs as deployed come before matched ones.
    """
    trials = at_common_loads(measured(trials_table(run)))
    found: dict[Names, Pair] = {}
    for (scenario, _), cell in trials.groupby(["scenario", "load"], sort=False):
        for pair in pairs_in(run, str(scenario), set(cell["stack"])):
            found.setdefault((pair.stack, pair.baseline), pair)
    return sorted(found.values(), key=lambda pair: pair.kind != "as deployed")


def pairs_in(run: Run, scenario: str, names: set[str]) -> list[Pair]:
    """Return the pairs among the stacks `names` that findings about a scenario use.

    Pairs as deployed come first, then the other matched pairs. The framework that the parameters
    name last is the numerator.
    """
    stacks = {name: axes for name, axes in stacks_in_order(run).items() if name in names}
    matched = {(pair.stack, pair.baseline): pair for pair in matched_pairs(stacks, scenario)}
    deployed = [name for name in stacks if is_deployed(name, stacks)]
    pairs = []
    for both in combinations(deployed[::-1], 2):
        known = matched.pop(both, None)
        pairs.append(pair_of(*both, "as deployed", stacks, known.match if known else ""))
    return [*pairs, *matched.values()]


def matched_pairs(stacks: Stacks, scenario: str) -> list[Pair]:
    """Return all matched pairs of some stacks in a scenario.

    They are ordered by frameworks, then by what both sides share. Pairs with the concurrency and
    server that each is deployed with come first.
    """
    return [
        pair_of(*both, "matched", stacks, match)
        for above, below in framework_pairs(stacks)
        for match in matches_in(stacks)
        for both in _matched(above, below, match, stacks, scenario)
    ]


def unmatched(stacks: Stacks, scenario: str) -> list[str]:
    """Return which stacks are missing for a matched pair, each once.

    Example: `no Django stack with raw SQL and a serialiser`. `stacks` are those that were measured
    together.
    """
    reasons = [
        reason
        for above, below in framework_pairs(stacks)
        for match in matches_in(stacks)
        if (reason := _reason_unmatched(above, below, match, stacks, scenario))
    ]
    return list(dict.fromkeys(reasons))


def framework_pairs(stacks: Stacks) -> list[Names]:
    """Return every pair of frameworks that have stacks of their own.

    The later framework in reading order comes first in a pair.
    """
    named = dict.fromkeys(
        framework_of(name, stacks) for name in stacks if _has_one_framework(name, stacks)
    )
    return list(combinations(list(named)[::-1], 2))


def matches_in(stacks: Stacks) -> list[str]:
    """Return what a matched pair of these stacks may share, such as `ORM with serialiser`."""
    single = [axes for name, axes in stacks.items() if _has_one_framework(name, stacks)]
    accesses = dict.fromkeys(str(axes["data_access"]) for axes in single if "data_access" in axes)
    return [f"{access} {serialiser}" for access in accesses for serialiser in SERIALISERS]


def match_of(axes: Mapping[str, Any]) -> str:
    """Return a stack's data access and whether it has a serialiser: `raw SQL with serialiser`."""
    serialiser = SERIALISERS[axes.get("serialiser") in (None, "", "none")]
    return f"{axes.get('data_access')} {serialiser}"


def match_text(match: str) -> str:
    """Return what both sides of a matched pair share, in prose: `an ORM and a serialiser`."""
    access, _, serialiser = match.partition(" with")
    ending = "no serialiser" if serialiser.startswith("out") else "a serialiser"
    return f"{ARTICLES.get(access, '')}{access} and {ending}"


ARTICLES = {"ORM": "an "}
"""The article before a kind of data access in prose; most need none."""


def has_own_server(name: str, stacks: Stacks) -> bool:
    """Whether a stack has the concurrency and server that its framework is deployed with.

    If the stack as deployed is not among `stacks`, the framework's first stack is the reference.
    """
    framework = framework_of(name, stacks)
    relatives = [each for each in stacks if framework_of(each, stacks) == framework]
    deployed = [each for each in relatives if is_deployed(each, stacks)]
    own = stacks[(deployed or relatives)[0]]
    return all(stacks[name].get(axis) == own.get(axis) for axis in ("concurrency", "server"))


def _has_one_framework(name: str, stacks: Stacks) -> bool:
    """Whether a stack runs one framework: not two, and not the bare server."""
    return frameworks_of(name, stacks) not in (["none"],) and len(frameworks_of(name, stacks)) == 1


def _reason_unmatched(above: str, below: str, match: str, stacks: Stacks, scenario: str) -> str:
    if next(_matched(above, below, match, stacks, scenario), None):
        return ""
    absent = [name for name in (above, below) if not _candidates(name, match, stacks)]
    if len(absent) == 2:
        return ""
    if absent:
        return f"no {absent[0]} stack with {match_text(match)}"
    return f"no {above} and {below} stacks with {match_text(match)} and the same driver"


def _matched(above: str, below: str, match: str, stacks: Stacks, scenario: str) -> Iterator[Names]:
    """Yield the matched pairs of two frameworks with `match` on both sides.

    For each driver: the closest pair in which each has its own server, then for each concurrency
    the closest pair that shares it.
    """
    both = product(_candidates(above, match, stacks), _candidates(below, match, stacks))
    similar = sorted(
        (pair for pair in both if _is_similar(pair, stacks, scenario)),
        key=lambda pair: _distance(pair, stacks, scenario),
    )
    found: dict[tuple[str, str], Names] = {}
    for pair in similar:
        if all(has_own_server(name, stacks) for name in pair):
            found.setdefault((_shared(pair, "driver", stacks), "own"), pair)
    for pair in similar:
        if concurrency := _shared(pair, "concurrency", stacks):
            found.setdefault((_shared(pair, "driver", stacks), concurrency), pair)
    yield from dict.fromkeys(found.values())


def _candidates(framework: str, match: str, stacks: Stacks) -> list[str]:
    return [
        name
        for name in stacks
        if framework_of(name, stacks) == framework and match_of(stacks[name]) == match
    ]


def _is_similar(pair: Names, stacks: Stacks, scenario: str) -> bool:
    """Whether two stacks are equal in every axis that a matched pair must share."""
    axes = ["driver", "after_clone", *(axis for axis in EFFECTIVE_IN if has_effect(axis, scenario))]
    above, below = (stacks[name] for name in pair)
    return all(above.get(axis) == below.get(axis) for axis in axes)


def _shared(pair: Names, axis: str, stacks: Stacks) -> str:
    """Return the value that both stacks have on an axis, "" if they differ."""
    above, below = (str(stacks[name].get(axis, "")) for name in pair)
    return above if above == below else ""


def _distance(pair: Names, stacks: Stacks, scenario: str) -> tuple[int, int]:
    """Return how far two stacks are from a comparison of their frameworks alone."""
    differing_servers = sum(not has_own_server(name, stacks) for name in pair)
    return sum(has_effect(axis, scenario) for axis in differing(*pair, stacks)), differing_servers
