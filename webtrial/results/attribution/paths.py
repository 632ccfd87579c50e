"""Paths between two stacks through intermediate stacks, and which factors they separate.

A stack has a level in each of FACTORS. A stack lies between two others if in every factor it has
the level of one of them; in serialisation also "none", as an intermediate level: one serialiser is
removed before another is added. This is a partial order of the stacks. A path is a maximal chain:
no stack lies between the two stacks of a step. A step that changes one factor shows the effect of
that factor there. Factors that a step changes together cannot be separated and form one part, with
all steps that change any of them, so parts never share a factor.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise

from webtrial.errors import ParameterError
from webtrial.stats.pairs import Stacks

FACTORS: dict[str, tuple[str, ...]] = {
    "data access": ("data_access", "orm"),
    "serialisation": ("serialiser",),
    "concurrency with its server": ("concurrency", "server"),
    "driver": ("driver",),
    "framework": ("framework",),
}
"""The factors into which a difference is split, each with the axes that change together in it."""

NEUTRAL_AXES = ("sources", "http_client", "searches")
"""Axes without effect if no upstream is called and nothing is searched."""

MAX_PATHS = 10_000

Level = tuple[str, ...]
Position = tuple[int, ...]  # the rank of the level in each factor; the source has 0
Part = frozenset[str]  # factors that the steps of a path change together
Step = tuple[str, str]  # from one stack to the next
Path = tuple[str, ...]  # stacks, the source first


def level_of(stack: str, factor: str, stacks: Stacks) -> Level:
    """Return a stack's level in a factor: its values on the factor's axes, without empty ones."""
    values = (str(stacks[stack].get(axis) or "") for axis in FACTORS[factor])
    return tuple(value for value in values if value)


def factors_of(part: Part) -> tuple[str, ...]:
    """Return the factors of a part, the most sweeping first."""
    return tuple(factor for factor in reversed(FACTORS) if factor in part)


def part_name(part: Part) -> str:
    """Return the name of a part: `data access`, or `framework + driver` for a bundle."""
    return " + ".join(factors_of(part))


@dataclass(frozen=True)
class StackLattice:
    """The stacks from `source` to `target`, both included, each with its position."""

    source: str
    target: str
    positions: dict[str, Position]

    def changes(self, start: str, end: str) -> Part:
        """Return the factors that a step changes."""
        ranks = zip(FACTORS, self.positions[start], self.positions[end], strict=True)
        return frozenset(factor for factor, low, high in ranks if low != high)

    @cached_property
    def paths(self) -> list[Path]:
        """All paths; ParameterError if there are more than MAX_PATHS."""
        paths = list(islice(self._extend((self.source,)), MAX_PATHS + 1))
        if len(paths) > MAX_PATHS:
            raise ParameterError(
                f"more than {MAX_PATHS:,} paths lead from {self.source} to {self.target}: name"
                " two stacks with fewer between them"
            )
        return paths

    def parts(self, path: Path) -> frozenset[Part]:
        """Return the parts that a path separates.

        Factors that a step changes together are one part.
        """
        parts: frozenset[Part] = frozenset()
        for start, end in pairwise(path):
            changes = self.changes(start, end)
            overlapping = frozenset(part for part in parts if part & changes)
            parts = (parts - overlapping) | {changes.union(*overlapping)}
        return parts

    def finest_parts(self) -> list[Part]:
        """Return the parts of the paths that separate the most, in the order of FACTORS.

        These are the parts with the fewest factors in bundles, and among these the ones that most
        paths agree with.
        """
        splits = {self.parts(path): None for path in self.paths}
        best = min(splits, key=lambda parts: (_bundled(parts), -len(self.paths_separating(parts))))
        order = list(FACTORS)
        return sorted(best, key=lambda part: [order.index(each) for each in factors_of(part)])

    def paths_separating(self, parts: Sequence[Part] | frozenset[Part]) -> list[Path]:
        """Return the paths on which no step changes factors of two parts at once."""
        return [path for path in self.paths if self._separates(path, parts)]

    def _separates(self, path: Path, parts: Sequence[Part] | frozenset[Part]) -> bool:
        steps = [self.changes(start, end) for start, end in pairwise(path)]
        return all(any(step <= part for part in parts) for step in steps)

    def steps(self, path: Path, part: Part) -> frozenset[Step]:
        """Return the steps of a path that change factors of this part only."""
        return frozenset(step for step in pairwise(path) if self.changes(*step) <= part)

    def _extend(self, path: Path) -> Iterator[Path]:
        if path[-1] == self.target:
            yield path
        for name in self._successors[path[-1]]:
            yield from self._extend((*path, name))

    @cached_property
    def _successors(self) -> dict[str, list[str]]:
        """The stacks one step away from each stack, in the order of the positions."""
        above = {
            name: [other for other in self.positions if self._is_below(name, other)]
            for name in self.positions
        }
        return {
            name: [other for other in higher if not any(other in above[each] for each in higher)]
            for name, higher in above.items()
        }

    def _is_below(self, name: str, other: str) -> bool:
        low, high = self.positions[name], self.positions[other]
        return low != high and all(a <= b for a, b in zip(low, high, strict=True))


def _bundled(parts: frozenset[Part]) -> int:
    return sum(len(factors_of(part)) - 1 for part in parts)


def lattice_between(source: str, target: str, stacks: Stacks) -> StackLattice:
    """Return the lattice of `stacks` that lie between `source` and `target`.

    If several stacks have equal levels, the one that differs least in the NEUTRAL_AXES from the
    source or target of its framework is used. A stack with data of its own (`after_clone`) is
    excluded unless that source or target has the same. ParameterError if source and target differ
    in no factor.
    """
    levels = {factor: _levels(source, target, factor, stacks) for factor in FACTORS}
    chosen: dict[Position, str] = {}
    for name in sorted(stacks, key=lambda name: _distance(name, (source, target), stacks)):
        own = {factor: level_of(name, factor, stacks) for factor in FACTORS}
        is_between = all(own[factor] in levels[factor] for factor in FACTORS)
        if is_between and _has_same_data(name, (source, target), stacks):
            position = tuple(levels[factor].index(own[factor]) for factor in FACTORS)
            chosen.setdefault(position, name)
    positions = {name: position for position, name in chosen.items()}
    if not {source, target} <= set(positions):
        raise ParameterError(
            f"{source} and {target} do not differ in any of {', '.join(FACTORS)}: name two stacks"
            " that do"
        )
    return StackLattice(source, target, positions)


def _levels(source: str, target: str, factor: str, stacks: Stacks) -> list[Level]:
    """Return the levels of a factor from the source's to the target's."""
    start, end = (level_of(name, factor, stacks) for name in (source, target))
    intermediate = [("none",)] if factor == "serialisation" and start != end else []
    return list(dict.fromkeys([start, *intermediate, end]))


def _distance(name: str, ends: tuple[str, str], stacks: Stacks) -> tuple[bool, int]:
    """Return a sort key: how far a stack is from the end with its framework; ends come first."""
    differing = [
        sum(stacks[name].get(axis) != stacks[end].get(axis) for axis in NEUTRAL_AXES)
        for end in _ends_of_same_framework(name, ends, stacks)
    ]
    return name not in ends, min(differing, default=len(NEUTRAL_AXES))


def _has_same_data(name: str, ends: tuple[str, str], stacks: Stacks) -> bool:
    own = [
        list(stacks[end].get("after_clone") or ())
        for end in _ends_of_same_framework(name, ends, stacks)
    ]
    return list(stacks[name].get("after_clone") or ()) in own


def _ends_of_same_framework(name: str, ends: tuple[str, str], stacks: Stacks) -> list[str]:
    return [end for end in ends if stacks[end].get("framework") == stacks[name].get("framework")]
