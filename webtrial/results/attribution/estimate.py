"""Decompose a difference in CPU time per request into the factors in which two stacks differ.

On the log scale the steps of a path from one stack to the other add up to the whole, but the effect
of a step depends on what was changed before it. The ratio of a part is therefore the mean of its
effect over all paths through measured stacks. This is the idea of Shapley's value (A value for
n-person games, 1953), which Shorrocks uses to decompose differences (Decomposition procedures for
distributional analysis, 2013), restricted to the orders for which there are stacks (Faigle and
Kern, The Shapley value for cooperative games under precedence constraints, 1992). The parts
multiply to the whole.

The mean is an average over orders only if paths change a part in different steps. If all paths
share a step that changes it, the ratio is that of this one step. Such a ratio is not a Shapley
value, and its interval over blocks does not cover what other paths would show. Matched pairs of
stacks with different frameworks (`corners`) are reported beside it.

Paths that bundle factors which other paths separate are shown but excluded from the mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from webtrial.results.attribution.corners import COLUMNS, SCENARIO, corners
from webtrial.results.attribution.paths import (
    FACTORS,
    Part,
    Path,
    StackLattice,
    Step,
    factors_of,
    lattice_between,
    level_of,
    part_name,
)
from webtrial.results.base.formatting import humanize, listed
from webtrial.run.store import Run
from webtrial.stats.intervals import MINIMUM_BLOCKS, geometric_mean, judge
from webtrial.stats.pairs import Stacks, framework_of, stacks_in_order, title_of
from webtrial.stats.ratios import CPU, floor_of
from webtrial.stats.trials import trials_table

COST = "cpu_ms_per_request"
FRAMEWORK = "framework"  # the factor


@dataclass(frozen=True, slots=True)
class Crossing:
    """The one step in which all paths that count change the framework.

    `intermediate` names the stack on these paths with the framework of one end and the concurrency
    of the other ("async Django"); "" if they change both in this step.
    """

    start_title: str
    end_title: str
    intermediate: str


@dataclass(frozen=True, slots=True)
class Decomposition:
    """`stack` ÷ `baseline` in CPU-milliseconds of the service per request, by part.

    `parts`: a row per part, in the order of FACTORS, the whole last; no factor is in two parts.
    Columns: part (a factor, or several joined by + that cannot be separated), factors (how many),
    ratio, low, high (t interval over blocks), smallest, largest (over the paths that count), steps
    (how many different steps change it), independent (whether two paths share none of these; True
    for the whole), via (the steps that all paths share, as text; "" if independent), blocks,
    blocks_untouched, suspect, verdict, reason.

    `paths`: a row per step. Columns: path (1 …), step (1 …), start, end, start_title, end_title,
    part, ratio (geometric mean over the same blocks), counts (whether the path is in the means).

    `crossing`: None if the paths change the framework in different steps or not at all. `corners`:
    as returned by the function of that name.

    `limitation` says why the parts are not finer, or why there are none (then all tables are
    empty); "" if every factor is a part of its own.
    """

    stack: str
    baseline: str
    stack_title: str
    baseline_title: str
    load: str
    baseline_ms: float
    parts: pd.DataFrame
    paths: pd.DataFrame
    crossing: Crossing | None
    corners: pd.DataFrame
    limitation: str


def decomposition(run: Run, stack: str, baseline: str) -> Decomposition:
    """Decompose the ratio between two stacks of `run` into FACTORS.

    It uses `user_detail` at the closed load with the most users. A block counts if every stack on a
    path that counts was measured in it and is not invalid; if enough of these blocks are untouched
    (all trials valid), only those count. ParameterError if the two stacks differ in no factor, or
    if there are too many paths between them.
    """
    cell = _largest_closed(run)
    measured = set(cell.loc[cell["role"] == "measure", "stack"])
    stacks = {name: axes for name, axes in stacks_in_order(run).items() if name in measured}
    if missing := [
        title_of(name, run.manifest.stacks) for name in (baseline, stack) if name not in stacks
    ]:
        reason = f"this run has none of {listed(missing)}"
        return _empty(run, stack, baseline, reason)
    lattice = lattice_between(baseline, stack, stacks)
    parts = lattice.finest_parts()
    paths = lattice.paths_separating(parts)
    blocks = _blocks(cell, {name for path in paths for name in path})
    if blocks.log_ms.empty:
        return _empty(run, stack, baseline, "no block contains all the stacks between them")
    return Decomposition(
        stack,
        baseline,
        title_of(stack, stacks),
        title_of(baseline, stacks),
        str(cell["load"].iloc[0]),
        float(np.exp(blocks.log_ms[baseline].mean())),
        _parts(lattice, parts, paths, blocks, stacks),
        _paths(run, lattice, parts, blocks),
        _crossing(lattice, paths, stacks),
        corners(cell, stack, baseline, stacks),
        _limitation(run, lattice, parts, paths),
    )


def waterfall(result: Decomposition) -> pd.DataFrame:
    """Return the parts as a waterfall in CPU-milliseconds: each starts where the last one ended.

    Columns: part, start_ms, end_ms, low_ms, high_ms (the end's interval), smallest_ms, largest_ms
    (its range over paths), ratio, low, high, verdict. The first starts at the baseline's cost, the
    last ends at the stack's.
    """
    parts = result.parts[result.parts["part"] != WHOLE].reset_index(drop=True)
    end_ms = result.baseline_ms * parts["ratio"].cumprod()
    start_ms = end_ms / parts["ratio"]
    spans = {
        f"{name}_ms": start_ms * parts[name] for name in ("low", "high", "smallest", "largest")
    }
    placed = pd.DataFrame({"part": parts["part"], "start_ms": start_ms, "end_ms": end_ms} | spans)
    return placed.join(parts[["ratio", "low", "high", "verdict"]])


def _empty(run: Run, stack: str, baseline: str, reason: str) -> Decomposition:
    title, baseline_title = (title_of(name, run.manifest.stacks) for name in (stack, baseline))
    limitation = (
        f"The difference between {title} and {baseline_title} cannot be decomposed: this takes"
        f" trials of both in {humanize(SCENARIO)} in a closed loop that count, but {reason}."
    )
    parts = pd.DataFrame(columns=list(_PART_COLUMNS))
    paths = pd.DataFrame(columns=list(_PATH_COLUMNS))
    no_corners = pd.DataFrame(columns=list(COLUMNS))
    return Decomposition(
        stack, baseline, title, baseline_title, "", nan, parts, paths, None, no_corners, limitation
    )


_PART_COLUMNS = (
    *("part", "factors", "ratio", "low", "high", "smallest", "largest", "steps", "independent"),
    *("via", "blocks", "blocks_untouched", "suspect", "verdict", "reason"),
)
_PATH_COLUMNS = (
    *("path", "step", "start", "end", "start_title", "end_title", "part", "ratio", "counts"),
)


def _largest_closed(run: Run) -> pd.DataFrame:
    """Return the trials that count, including A/A, of the largest closed load."""
    trials = trials_table(run)
    counts = trials["used"] & trials["role"].isin(["measure", "a/a"]) & (trials[COST] > 0)
    is_closed = (trials["scenario"] == SCENARIO) & (trials["load_kind"] == "closed")
    closed = trials[counts & is_closed]
    return closed[closed["users"].eq(closed["users"].max())]


@dataclass(frozen=True, slots=True)
class _Blocks:
    """The data from which parts are estimated.

    `log_ms` is the logarithm of the milliseconds, a row per block, a column per stack;
    `all_log_ms` also has the stacks on paths that do not count. The other fields say how reliable
    the data are.
    """

    log_ms: pd.DataFrame
    all_log_ms: pd.DataFrame
    untouched: int
    suspect: bool
    floor: float


def _blocks(cell: pd.DataFrame, names: set[str]) -> _Blocks:
    trials = cell[cell["role"] == "measure"].assign(
        log_ms=np.log(cell[COST]), is_valid=cell["verdict"] == "valid"
    )
    log_ms = trials.pivot(index="block", columns="stack", values="log_ms")
    complete = log_ms[sorted(names)].dropna()
    valid = trials[trials["stack"].isin(names)].groupby("block")["is_valid"].all()
    untouched = complete[valid[complete.index]]
    decides = len(untouched) >= MINIMUM_BLOCKS
    used = untouched if decides else complete
    suspect = not decides and len(untouched) < len(complete)
    return _Blocks(used, log_ms.loc[used.index], len(untouched), suspect, floor_of(cell, CPU))


def _parts(
    lattice: StackLattice,
    parts: Sequence[Part],
    paths: Sequence[Path],
    blocks: _Blocks,
    stacks: Stacks,
) -> pd.DataFrame:
    whole = blocks.log_ms[[lattice.target]].to_numpy() - blocks.log_ms[[lattice.source]].to_numpy()
    rows = [
        {"part": part_name(part), "factors": len(part)}
        | _row(_effects(lattice, part, paths, blocks.log_ms), blocks)
        | _support(lattice, part, paths, stacks)
        for part in parts
    ]
    changed = frozenset[str]().union(*parts)
    no_steps = {"steps": 0, "independent": True, "via": ""}
    rows.append({"part": WHOLE, "factors": len(changed)} | _row(whole, blocks) | no_steps)
    return pd.DataFrame(rows)[list(_PART_COLUMNS)]


WHOLE = "total"


def _effects(
    lattice: StackLattice, part: Part, paths: Sequence[Path], log_ms: pd.DataFrame
) -> np.ndarray:
    """Return the logarithm of a part's ratio: a row per block, a column per path."""
    return np.column_stack(
        [
            np.sum(
                [log_ms[end] - log_ms[start] for start, end in lattice.steps(path, part)], axis=0
            )
            for path in paths
        ]
    )


def _support(
    lattice: StackLattice, part: Part, paths: Sequence[Path], stacks: Stacks
) -> dict[str, Any]:
    """Return in how many steps the paths change a part, and which of these all paths share."""
    steps = [lattice.steps(path, part) for path in paths]
    independent = any(one.isdisjoint(other) for one, other in combinations(steps, 2))
    shared = [step for step in pairwise(paths[0]) if all(step in each for each in steps)]
    via = [" → ".join(title_of(name, stacks) for name in step) for step in shared]
    return {
        "steps": len(frozenset[Step]().union(*steps)),
        "independent": independent,
        "via": "; ".join(via),
    }


def _row(logs: np.ndarray, blocks: _Blocks) -> dict[str, Any]:
    ratio = geometric_mean(np.exp(logs.mean(axis=1)).tolist())
    by_path = np.exp(logs.mean(axis=0))
    judgement = judge(ratio, blocks.untouched, blocks.floor)
    return {
        "ratio": ratio.value,
        "low": ratio.low,
        "high": ratio.high,
        "smallest": float(by_path.min()),
        "largest": float(by_path.max()),
        "blocks": ratio.blocks,
        "blocks_untouched": blocks.untouched,
        "suspect": blocks.suspect,
        "verdict": judgement.verdict,
        "reason": judgement.reason,
    }


def _paths(run: Run, lattice: StackLattice, parts: Sequence[Part], blocks: _Blocks) -> pd.DataFrame:
    stacks, logs = run.manifest.stacks, blocks.all_log_ms
    counted = set(lattice.paths_separating(parts))
    ordered = sorted(lattice.paths, key=lambda path: path not in counted)
    rows = [
        {
            "path": number,
            "step": step,
            "start": start,
            "end": end,
            "start_title": title_of(start, stacks),
            "end_title": title_of(end, stacks),
            "part": part_name(lattice.changes(start, end)),
            "ratio": float(np.exp((logs[end] - logs[start]).mean())),
            "counts": path in counted,
        }
        for number, path in enumerate(ordered, 1)
        for step, (start, end) in enumerate(pairwise(path), 1)
    ]
    return pd.DataFrame(rows, columns=list(_PATH_COLUMNS))


def _crossing(lattice: StackLattice, paths: Sequence[Path], stacks: Stacks) -> Crossing | None:
    steps = {step for path in paths for step in pairwise(path)}
    crossings = [step for step in steps if FRAMEWORK in lattice.changes(*step)]
    if len(crossings) != 1:
        return None
    start, end = crossings[0]
    ends = ((start, lattice.source), (end, lattice.target))
    intermediate = [_changed_concurrency(*each, stacks) for each in ends]
    titles = (title_of(start, stacks), title_of(end, stacks))
    return Crossing(*titles, next(filter(None, intermediate), ""))


_CONCURRENCY = {"async": "async {}", "threads": "{} in threads", "greenlets": "{} on greenlets"}


def _changed_concurrency(stack: str, reference: str, stacks: Stacks) -> str:
    """Return a name such as `async Django`, or "" if the concurrency equals that of `reference`."""
    concurrency = str(stacks[stack].get("concurrency", ""))
    if concurrency == stacks[reference].get("concurrency", ""):
        return ""
    return _CONCURRENCY.get(concurrency, "{}").format(framework_of(stack, stacks))


def _limitation(
    run: Run, lattice: StackLattice, parts: Sequence[Part], paths: Sequence[Path]
) -> str:
    """Return, for each bundle, which stacks would separate its factors."""
    bundles = [part for part in parts if len(part) > 1]
    stacks = run.manifest.stacks
    return " ".join(_separating_stacks(lattice, part, paths, stacks) for part in bundles)


def _separating_stacks(
    lattice: StackLattice, part: Part, paths: Sequence[Path], stacks: Stacks
) -> str:
    steps = [step for path in paths for step in pairwise(path) if lattice.changes(*step) <= part]
    start, end = max(steps, key=lambda step: len(lattice.changes(*step)))
    factors = list(factors_of(part))
    text = f"{listed(factors).capitalize()} change together and cannot be separated"
    if len(factors) > MAX_NAMED_FACTORS:
        ends = f"{title_of(start, stacks)} and {title_of(end, stacks)}"
        return f"{text}; stacks between {ends} that change fewer of these would separate them."
    changed = factors_of(lattice.changes(start, end))
    levels = " or ".join(_level_text(end, factor, stacks) for factor in changed)
    stack = f"a stack like {_title_with_levels(start, stacks)}, but with {levels}"
    return f"{text}; {stack}, would separate them."


MAX_NAMED_FACTORS = 3  # factors of a bundle up to which the separating stacks are described


def _title_with_levels(stack: str, stacks: Stacks) -> str:
    levels = [_level_text(stack, factor, stacks) for factor in FACTORS]
    return f"{title_of(stack, stacks)} ({', '.join(levels)})"


def _level_text(stack: str, factor: str, stacks: Stacks) -> str:
    """Format a level: `raw SQL`, `SQLAlchemy`, `async on uvicorn`, `no serialiser`."""
    level = level_of(stack, factor, stacks)
    if factor == "data access":
        return level[-1]
    return "no serialiser" if level == ("none",) else " on ".join(level)
