"""A difference in CPU time per request shared out over what the two stacks differ in.

On the log scale the steps of a path from one stack to the other add up to the whole, but what a
step is worth depends on what was changed before it. So a part is the mean of what it is worth on
every path through stacks that were measured: Shapley's value (A value for n-person games, 1953) as
Shorrocks uses it to decompose differences (Decomposition procedures for distributional analysis,
2013), over those orders for which there are stacks (Faigle and Kern, The Shapley value for
cooperative games under precedence constraints, 1992). Parts multiply to the whole.

Paths that change at once what others tell apart could say nothing of the parts; they are shown and
left out of the mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log, nan
from typing import Any

import numpy as np
import pandas as pd

from webtrial.analyse.compare import CPU, floor_of
from webtrial.analyse.pairs import Stacks, stacks_in_order, title_of
from webtrial.analyse.paths import (
    FACTORS,
    Between,
    Part,
    Path,
    between,
    factors_of,
    level_of,
    name_of,
)
from webtrial.analyse.phrases import listed, spoken
from webtrial.analyse.statistics import MINIMUM_BLOCKS, geometric_mean, judge
from webtrial.analyse.summary import trials_table
from webtrial.runs import Run

SCENARIO = "user_detail"
COST = "cpu_ms_per_request"


@dataclass(frozen=True, slots=True)
class Attribution:
    """`stack` ÷ `baseline` in CPU-milliseconds of the service per request, shared out.

    `parts`: a row per part, in the order of FACTORS, the whole last. Columns: part (a factor, or
    several joined by +, which cannot be told apart), factors (how many), ratio, low, high (t
    interval over blocks), smallest, largest (over the paths that count), share (of the whole on the
    log scale; may be negative, adds up to 1), blocks, blocks_untouched, suspect, verdict, reason.

    `paths`: a row per step. Columns: path (1 …), step (1 …), start, end, start_title, end_title,
    part, ratio (geometric mean over the same blocks), counts (whether the path is in the means).

    `lacking` says what keeps them from being finer, or from being there at all (then both are
    empty); "" where every factor stands alone.
    """

    stack: str
    baseline: str
    stack_title: str
    baseline_title: str
    load: str
    baseline_ms: float
    parts: pd.DataFrame
    paths: pd.DataFrame
    lacking: str


def attribution(run: Run, stack: str, baseline: str) -> Attribution:
    """The ratio between two stacks of `run` shared out over FACTORS, on `user_detail` at the
    closed load with the most users.

    Blocks count in which every stack on a path that counts was measured and is not invalid; where
    enough of them are untouched (all trials valid), those alone. ParameterError where the two
    differ in no factor, or more paths lead from one to the other than can be walked.
    """
    cell = _largest_closed(run)
    measured = set(cell.loc[cell["role"] == "measure", "stack"])
    known = {name: axes for name, axes in stacks_in_order(run).items() if name in measured}
    if missing := [
        title_of(name, run.manifest.stacks) for name in (baseline, stack) if name not in known
    ]:
        why = f"it has no trial of {listed(missing)} there that counts"
        return _absent(run, stack, baseline, why)
    ways = between(baseline, stack, known)
    parts = ways.finest()
    walked = ways.agreeing(parts)
    blocks = _blocks(cell, {name for path in walked for name in path})
    if blocks.log_ms.empty:
        return _absent(run, stack, baseline, "no block holds all the stacks between them")
    return Attribution(
        stack,
        baseline,
        title_of(stack, known),
        title_of(baseline, known),
        str(cell["load"].iloc[0]),
        float(np.exp(blocks.log_ms[baseline].mean())),
        _parts(ways, parts, walked, blocks),
        _paths(run, ways, parts, blocks),
        _lacking(run, ways, parts, walked),
    )


def waterfall(found: Attribution) -> pd.DataFrame:
    """The parts one below the other, each from where the last one ended, in CPU-milliseconds.

    Columns: part, start_ms, end_ms, low_ms, high_ms (the end's interval), smallest_ms, largest_ms
    (its range over paths), ratio, low, high, verdict. The first starts at the baseline's cost, the
    last ends at the stack's.
    """
    parts = found.parts[found.parts["part"] != WHOLE].reset_index(drop=True)
    end_ms = found.baseline_ms * parts["ratio"].cumprod()
    start_ms = end_ms / parts["ratio"]
    spans = {
        f"{name}_ms": start_ms * parts[name] for name in ("low", "high", "smallest", "largest")
    }
    placed = pd.DataFrame({"part": parts["part"], "start_ms": start_ms, "end_ms": end_ms} | spans)
    return placed.join(parts[["ratio", "low", "high", "verdict"]])


def _absent(run: Run, stack: str, baseline: str, why: str) -> Attribution:
    above, below = (title_of(name, run.manifest.stacks) for name in (stack, baseline))
    lacking = (
        f"To share out the difference between {above} and {below} a run needs both on"
        f" {spoken(SCENARIO)} in a closed loop; of this one {why}."
    )
    parts = pd.DataFrame(columns=list(_PART_COLUMNS))
    paths = pd.DataFrame(columns=list(_PATH_COLUMNS))
    return Attribution(stack, baseline, above, below, "", nan, parts, paths, lacking)


_PART_COLUMNS = (
    *("part", "factors", "ratio", "low", "high", "smallest", "largest", "share"),
    *("blocks", "blocks_untouched", "suspect", "verdict", "reason"),
)
_PATH_COLUMNS = (
    *("path", "step", "start", "end", "start_title", "end_title", "part", "ratio", "counts"),
)


def _largest_closed(run: Run) -> pd.DataFrame:
    """The trials that count, A/A included, of the largest closed load."""
    trials = trials_table(run)
    counts = trials["used"] & trials["role"].isin(["measure", "a/a"]) & (trials[COST] > 0)
    closed = (trials["scenario"] == SCENARIO) & (trials["load_kind"] == "closed")
    there = trials[counts & closed]
    return there[there["users"].eq(there["users"].max())]


@dataclass(frozen=True, slots=True)
class _Blocks:
    """What parts are estimated from: the logarithm of the milliseconds, a row per block, a column
    per stack, `every` with those on paths that do not count; and how sure that is."""

    log_ms: pd.DataFrame
    every: pd.DataFrame
    untouched: int
    suspect: bool
    floor: float


def _blocks(cell: pd.DataFrame, names: set[str]) -> _Blocks:
    trials = cell[cell["role"] == "measure"].assign(
        log_ms=np.log(cell[COST]), is_valid=cell["verdict"] == "valid"
    )
    every = trials.pivot(index="block", columns="stack", values="log_ms")
    whole = every[sorted(names)].dropna()
    valid = trials[trials["stack"].isin(names)].groupby("block")["is_valid"].all()
    untouched = whole[valid[whole.index]]
    decides = len(untouched) >= MINIMUM_BLOCKS
    shown = untouched if decides else whole
    suspect = not decides and len(untouched) < len(whole)
    return _Blocks(shown, every.loc[shown.index], len(untouched), suspect, floor_of(cell, CPU, {}))


def _parts(
    ways: Between, parts: Sequence[Part], walked: Sequence[Path], blocks: _Blocks
) -> pd.DataFrame:
    whole = blocks.log_ms[[ways.target]].to_numpy() - blocks.log_ms[[ways.source]].to_numpy()
    worth = {name_of(part): _worth(ways, part, walked, blocks.log_ms) for part in parts}
    rows = [
        {"part": name, "factors": name.count(" + ") + 1} | _row(logs, whole.mean(), blocks)
        for name, logs in worth.items()
    ]
    changed = {factor for part in parts for factor in factors_of(part)}
    rows.append({"part": WHOLE, "factors": len(changed)} | _row(whole, whole.mean(), blocks))
    return pd.DataFrame(rows, columns=list(_PART_COLUMNS))


WHOLE = "all together"


def _worth(ways: Between, part: Part, walked: Sequence[Path], log_ms: pd.DataFrame) -> np.ndarray:
    """The logarithm of what a part is worth: a row per block, a column per path."""
    return np.column_stack(
        [
            np.sum(
                [
                    log_ms[end] - log_ms[start]
                    for start, end in pairwise(path)
                    if ways.changes(start, end) <= part
                ],
                axis=0,
            )
            for path in walked
        ]
    )


def _row(logs: np.ndarray, whole: float, blocks: _Blocks) -> dict[str, Any]:
    ratio = geometric_mean(np.exp(logs.mean(axis=1)).tolist())
    by_path = np.exp(logs.mean(axis=0))
    judgement = judge(ratio, blocks.untouched, blocks.floor)
    return {
        "ratio": ratio.value,
        "low": ratio.low,
        "high": ratio.high,
        "smallest": float(by_path.min()),
        "largest": float(by_path.max()),
        "share": log(ratio.value) / whole if whole else nan,
        "blocks": ratio.blocks,
        "blocks_untouched": blocks.untouched,
        "suspect": blocks.suspect,
        "verdict": judgement.verdict,
        "reason": judgement.reason,
    }


def _paths(run: Run, ways: Between, parts: Sequence[Part], blocks: _Blocks) -> pd.DataFrame:
    stacks, logs = run.manifest.stacks, blocks.every
    walked = set(ways.agreeing(parts))
    ordered = sorted(ways.paths, key=lambda path: path not in walked)
    rows = [
        {
            "path": number,
            "step": step,
            "start": start,
            "end": end,
            "start_title": title_of(start, stacks),
            "end_title": title_of(end, stacks),
            "part": name_of(ways.changes(start, end)),
            "ratio": float(np.exp((logs[end] - logs[start]).mean())),
            "counts": path in walked,
        }
        for number, path in enumerate(ordered, 1)
        for step, (start, end) in enumerate(pairwise(path), 1)
    ]
    return pd.DataFrame(rows, columns=list(_PATH_COLUMNS))


def _lacking(run: Run, ways: Between, parts: Sequence[Part], walked: Sequence[Path]) -> str:
    """For each bundle, which stacks would take it apart."""
    bundles = [part for part in parts if len(factors_of(part)) > 1]
    stacks = run.manifest.stacks
    return " ".join(_would_part(ways, part, walked, stacks) for part in bundles)


def _would_part(ways: Between, part: Part, walked: Sequence[Path], stacks: Stacks) -> str:
    steps = [step for path in walked for step in pairwise(path)]
    start, end = next(step for step in steps if ways.changes(*step) == part)
    factors = list(factors_of(part))
    said = f"{listed(factors).capitalize()} change at once and cannot be told apart; "
    if len(factors) > MOST_NAMED:
        both = f"{title_of(start, stacks)} and {title_of(end, stacks)}"
        return f"{said}stacks between {both} that change fewer of these would do it."
    wanted = " or ".join(_level_text(end, factor, stacks) for factor in factors)
    return f"{said}a stack like {_titled(start, stacks)}, but with {wanted}, would do it."


MOST_NAMED = 3  # factors of a bundle for which each stack that would part it is described


def _titled(stack: str, stacks: Stacks) -> str:
    levels = [_level_text(stack, factor, stacks) for factor in FACTORS]
    return f"{title_of(stack, stacks)} ({', '.join(levels)})"


def _level_text(stack: str, factor: str, stacks: Stacks) -> str:
    """`raw SQL`, `SQLAlchemy`, `async on uvicorn`, `no serialiser`."""
    level = level_of(stack, factor, stacks)
    if factor == "data access":
        return level[-1]
    return "no serialiser" if level == ("none",) else " on ".join(level)
