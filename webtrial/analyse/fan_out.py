"""Several sources behind one request, asked in turn or at once: the formula and what comes on top.

k sources that take d each take k·d in turn and d at once. With one request at a time nothing
queues, so what a stack takes beyond that is what asking costs it.
"""

from collections.abc import Iterable, Iterator
from math import nan
from typing import Any

import pandas as pd
from scipy import stats

from webtrial.analyse.counting import counted
from webtrial.analyse.estimates import in_order, labelled
from webtrial.analyse.medians import Blocks, by_block, median_of, ratio_of_medians
from webtrial.analyse.pairs import AXIS_NAMES, Pair, title_of
from webtrial.analyse.statistics import CONFIDENCE
from webtrial.analyse.summary import measured, trials_table
from webtrial.runs import Run

SCENARIO = "fan_out"
SHAPE = ["count", "delay_ms"]


def fan_out(run: Run) -> pd.DataFrame:
    """Median response times of `fan_out`: a row per stack, number of sources and their delay.

    Columns: stack, title, framework, sources (how they are asked), count, delay_ms, median_ms, low,
    high (jackknife over blocks), formula_ms (count · delay in turn, delay at once), overhead_ms
    (median − formula), blocks, samples. Delays are constant, so that a few requests of a kind will
    do.
    """
    rows = [
        {"stack": stack, "count": count, "delay_ms": delay_ms} | _median(blocks)
        for (stack, count, delay_ms), blocks in _grid(run).items()
    ]
    frame = pd.DataFrame(rows, columns=["stack", *SHAPE, "median_ms", "low", "high", *_RESTS_ON])
    frame = _ordered(run, frame.sort_values(SHAPE, kind="stable"))
    asked = [str(run.manifest.stacks.get(name, {}).get("sources", "")) for name in frame["stack"]]
    frame.insert(3, "sources", asked)
    times = frame["count"].where(frame["sources"] == "in turn", 1)
    frame.insert(9, "formula_ms", times * frame["delay_ms"])
    frame.insert(10, "overhead_ms", frame["median_ms"] - frame["formula_ms"])
    return frame


_RESTS_ON = ("blocks", "samples")


def _grid(run: Run) -> dict[tuple[str, int, float], Blocks]:
    """What was counted by stack, number of sources and their delay."""
    trials = measured(trials_table(run))
    counts = counted(run, trials[trials["scenario"] == SCENARIO], kinds=True)
    found = by_block(counts, ["stack", "kind"])
    return {(stack, *_shape(kind)): blocks for (stack, kind), blocks in found.items()}


def _shape(kind: str) -> tuple[int, float]:
    """`4 × 20 ms` as count and delay."""
    count, _, delay = kind.partition(" × ")
    return int(count), float(delay.removesuffix(" ms"))


def _median(blocks: Blocks) -> dict[str, Any]:
    found = median_of(blocks)
    return {
        "median_ms": found.value,
        "low": found.low,
        "high": found.high,
        "blocks": found.blocks,
        "samples": sum(map(len, blocks.values())),
    }


def _ordered(run: Run, frame: pd.DataFrame) -> pd.DataFrame:
    placed = labelled(run, frame.assign(scenario=SCENARIO, load_kind="closed", load="1 user"))
    return in_order(run, placed).drop(columns=["scenario", "load_kind", "load"])


def fan_out_costs(table: pd.DataFrame) -> pd.DataFrame:
    """What a stack takes beyond the formula: `overhead_ms` of `fan_out` as a line over the number
    of sources, by least squares.

    Columns: stack, title, framework, sources, base_ms (of a request), per_source_ms, low, high (of
    it, Student's t), cells.
    """
    rows = [
        dict(zip(_NAMED, key, strict=True)) | _line(cells)
        for key, cells in table.groupby(_NAMED, sort=False)
        if cells["count"].nunique() > 1
    ]
    return pd.DataFrame(rows, columns=[*_NAMED, *_LINE])


_NAMED = ["stack", "title", "framework", "sources"]
_LINE = ("base_ms", "per_source_ms", "low", "high", "cells")


def _line(cells: pd.DataFrame) -> dict[str, Any]:
    line = stats.linregress(cells["count"], cells["overhead_ms"])
    free = len(cells) - 2
    reach = stats.t.ppf((1 + CONFIDENCE) / 2, free) * line.stderr if free else nan
    return {
        "base_ms": float(line.intercept),
        "per_source_ms": float(line.slope),
        "low": float(line.slope - reach),
        "high": float(line.slope + reach),
        "cells": len(cells),
    }


def fan_out_ratios(run: Run, pairs: Iterable[Pair]) -> pd.DataFrame:
    """How many times as long a stack takes as its baseline: a row per pair, count and delay.

    Columns: stack, title, baseline, baseline_title, differs (beside the framework), count,
    delay_ms, ratio (of medians), low, high (jackknife over the blocks that hold both), blocks.
    """
    grid = _grid(run)
    rows = [row for pair in pairs for row in _ratios(grid, pair)]
    frame = pd.DataFrame(rows, columns=["stack", "baseline", "differs", *SHAPE, *_RATIO])
    stacks = run.manifest.stacks
    frame.insert(1, "title", [title_of(name, stacks) for name in frame["stack"]])
    frame.insert(3, "baseline_title", [title_of(name, stacks) for name in frame["baseline"]])
    return frame


_RATIO = ("ratio", "low", "high", "blocks")


def _ratios(grid: dict[tuple[str, int, float], Blocks], pair: Pair) -> Iterator[dict[str, Any]]:
    shapes = [(count, delay_ms) for stack, count, delay_ms in grid if stack == pair.stack]
    for count, delay_ms in sorted(shapes):
        below = grid.get((pair.baseline, count, delay_ms), {})
        found = ratio_of_medians(grid[pair.stack, count, delay_ms], below)
        if found.blocks:
            yield {
                "stack": pair.stack,
                "baseline": pair.baseline,
                "differs": ", ".join(AXIS_NAMES[axis] for axis in pair.differs_in(SCENARIO)),
                "count": count,
                "delay_ms": delay_ms,
                "ratio": found.value,
                "low": found.low,
                "high": found.high,
                "blocks": found.blocks,
            }


def crossovers(table: pd.DataFrame, pairs: Iterable[Pair]) -> pd.DataFrame:
    """From which delay on asking at once is quicker than asking in turn: a row per pair whose
    baseline asks in turn, and number of sources from 2.

    Of `fan_out`. Columns: stack, title, baseline, baseline_title, framework, count, delay_ms: where
    the two formulas with their mean overheads meet, at least 0.
    """
    overhead = table.groupby(["stack", "count"])["overhead_ms"].mean()
    named = table.drop_duplicates("stack").set_index("stack")
    rows = [
        {
            "stack": pair.stack,
            "title": named.at[pair.stack, "title"],
            "baseline": pair.baseline,
            "baseline_title": named.at[pair.baseline, "title"],
            "framework": named.at[pair.stack, "framework"],
            "count": count,
            "delay_ms": max(0.0, (overhead[pair.stack, count] - in_turn_ms) / (count - 1)),
        }
        for pair in pairs
        if {pair.stack, pair.baseline} <= set(named.index)
        for count, in_turn_ms in overhead[pair.baseline].items()
        if count > 1 and (pair.stack, count) in overhead.index
    ]
    return pd.DataFrame(rows, columns=list(_CROSSOVER))


_CROSSOVER = ("stack", "title", "baseline", "baseline_title", "framework", "count", "delay_ms")
