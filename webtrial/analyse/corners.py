"""What a change of framework does to CPU time per request, one pair of stacks at a time.

Two stacks form a corner if they differ in their framework and are equal in data access,
serialiser, driver and indexes. Concurrency and server are equal where such a pair was measured:
they differ only where no pair with the same data access, serialiser and driver has them in common.
"""

from collections.abc import Iterator
from itertools import product

import pandas as pd

from webtrial.analyse.compare import CPU, ratio_of
from webtrial.analyse.pairs import Pair, Stacks, framework_of, title_of

EQUAL = ("data_access", "orm", "serialiser", "driver", "after_clone")
"""Axes in which the two stacks of a corner are equal."""

_NEAR = ("concurrency", "server")  # axes in which they are equal if possible


def corners(cell: pd.DataFrame, stack: str, baseline: str, stacks: Stacks) -> pd.DataFrame:
    """CPU time of the service per request at each corner of the frameworks of two stacks: a row
    per pair of measured stacks, in the order of `stacks`; none of a framework with itself.

    `cell` are the rows of `trials_table` of one scenario and load that are used. Columns: stack,
    title, baseline, baseline_title, concurrency (of both, or "threads to async" from baseline to
    stack), differs (axes beside the framework), middleware (whether that differs, as it comes with
    the framework), ratio, low, high (t interval over blocks), blocks, blocks_untouched, suspect,
    verdict, reason.
    """
    above, below = (framework_of(name, stacks) for name in (stack, baseline))
    measured = set(cell.loc[cell["role"] == "measure", "stack"])
    stacks = {name: axes for name, axes in stacks.items() if name in measured}
    pairs = corner_pairs(above, below, stacks)
    rows = [
        ratio_of(cell, pair, CPU)
        | {
            "title": title_of(pair.stack, stacks),
            "baseline_title": title_of(pair.baseline, stacks),
            "concurrency": _concurrency(pair, stacks),
            "middleware": _value(pair.stack, "middleware", stacks)
            != _value(pair.baseline, "middleware", stacks),
        }
        for pair in pairs
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


COLUMNS = (
    *("stack", "title", "baseline", "baseline_title", "concurrency", "differs"),
    *(
        "middleware",
        "ratio",
        "low",
        "high",
        "blocks",
        "blocks_untouched",
        "suspect",
        "verdict",
        "reason",
    ),
)


def corner_pairs(framework: str, baseline: str, stacks: Stacks) -> list[Pair]:
    """The corners of two frameworks; none of a framework with itself."""
    if framework == baseline:
        return []
    unlike = _without_copies(stacks)
    groups: dict[tuple[str, ...], list[Pair]] = {}
    for one, other in product(unlike, unlike):
        ends = (framework_of(one, stacks), framework_of(other, stacks))
        if ends == (framework, baseline) and _values(one, stacks) == _values(other, stacks):
            groups.setdefault(_values(one, stacks), []).append(_pair(one, other, stacks))
    return [pair for group in groups.values() for pair in _nearest(group, stacks)]


def _without_copies(stacks: Stacks) -> list[str]:
    """One stack for each set of axes that matter here: others ask upstreams differently."""
    found: dict[tuple[str, ...], str] = {}
    for name in stacks:
        rest = (framework_of(name, stacks), *(_value(name, axis, stacks) for axis in _NEAR))
        found.setdefault((*_values(name, stacks), *rest), name)
    return list(found.values())


def _nearest(pairs: list[Pair], stacks: Stacks) -> Iterator[Pair]:
    """Of pairs that are equal in all of EQUAL: those with one concurrency if there are any, and of
    each concurrency those with one server if there are any."""
    near = [pair for pair in pairs if "concurrency" not in pair.differs] or pairs
    for concurrency in dict.fromkeys(_concurrency(pair, stacks) for pair in near):
        alike = [pair for pair in near if _concurrency(pair, stacks) == concurrency]
        yield from [pair for pair in alike if "server" not in pair.differs] or alike


def _pair(stack: str, baseline: str, stacks: Stacks) -> Pair:
    differs = [
        axis for axis in _NEAR if _value(stack, axis, stacks) != _value(baseline, axis, stacks)
    ]
    access = _value(stack, "data_access", stacks)
    return Pair(stack, baseline, "like for like", access, tuple(differs))


def _concurrency(pair: Pair, stacks: Stacks) -> str:
    ends = [_value(name, "concurrency", stacks) for name in (pair.baseline, pair.stack)]
    return " to ".join(dict.fromkeys(ends))


def _values(name: str, stacks: Stacks) -> tuple[str, ...]:
    return tuple(_value(name, axis, stacks) for axis in EQUAL)


def _value(name: str, axis: str, stacks: Stacks) -> str:
    """What a stack has on an axis; "" where it has nothing."""
    return str(stacks[name].get(axis) or "")
