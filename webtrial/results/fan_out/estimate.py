"""Several sources behind one request, called in turn or at once: the formula and the overhead.

k sources that take d each take k·d in turn and d at once. With one request at a time nothing
queues, so any time beyond the formula is the overhead of calling the sources.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import nan
from typing import Any

import pandas as pd
from scipy import stats

from webtrial.run.store import Run
from webtrial.stats.counting import request_counts
from webtrial.stats.estimates import in_order, labelled
from webtrial.stats.intervals import CONFIDENCE, judge
from webtrial.stats.medians import Blocks, by_block, median_of, ratio_of_medians
from webtrial.stats.pairs import AXIS_NAMES, Pair, pairs_differing_only_in, title_of
from webtrial.stats.trials import measured, trials_table


def pairs_in_turn(run: Run) -> list[Pair]:
    """Return the pairs that differ only in how sources are called, with the baseline in turn."""
    stacks = run.manifest.stacks
    pairs = pairs_differing_only_in(run, "sources")
    return [pair for pair in pairs if stacks[pair.baseline].get("sources") == "in turn"]


SCENARIO = "fan_out"


SHAPE = ["count", "delay_ms"]


def response_times(run: Run) -> pd.DataFrame:
    """Return median response times of the scenario `fan_out`.

    A row per stack, number of sources and their delay. Columns: stack, title, framework, sources
    (how they are called), count, delay_ms, median_ms, low, high (jackknife over blocks), formula_ms
    (count · delay in turn, delay at once), overhead_ms (median − formula), blocks, samples. Delays
    are constant, so a few requests of a kind are enough.
    """
    rows = [
        {"stack": stack, "count": count, "delay_ms": delay_ms} | _median(blocks)
        for (stack, count, delay_ms), blocks in _grid(run).items()
    ]
    frame = pd.DataFrame(rows, columns=["stack", *SHAPE, "median_ms", "low", "high", *_BASIS])
    frame = _ordered(run, frame.sort_values(SHAPE, kind="stable"))
    sources = [str(run.manifest.stacks.get(name, {}).get("sources", "")) for name in frame["stack"]]
    frame.insert(3, "sources", sources)
    delays = frame["count"].where(frame["sources"] == "in turn", 1)
    frame.insert(9, "formula_ms", delays * frame["delay_ms"])
    frame.insert(10, "overhead_ms", frame["median_ms"] - frame["formula_ms"])
    return frame


_BASIS = ("blocks", "samples")


def _grid(run: Run) -> dict[tuple[str, int, float], Blocks]:
    """Return histograms by stack, number of sources and their delay."""
    trials = measured(trials_table(run))
    counts = request_counts(run, trials[trials["scenario"] == SCENARIO], kinds=True)
    by_kind = by_block(counts, ["stack", "kind"])
    return {(stack, *_shape(kind)): blocks for (stack, kind), blocks in by_kind.items()}


def _shape(kind: str) -> tuple[int, float]:
    """Parse `4 × 20 ms` into count and delay."""
    count, _, delay = kind.partition(" × ")
    return int(count), float(delay.removesuffix(" ms"))


def _median(blocks: Blocks) -> dict[str, Any]:
    median = median_of(blocks)
    return {
        "median_ms": median.value,
        "low": median.low,
        "high": median.high,
        "blocks": median.blocks,
        "samples": sum(map(len, blocks.values())),
    }


def _ordered(run: Run, frame: pd.DataFrame) -> pd.DataFrame:
    placed = labelled(run, frame.assign(scenario=SCENARIO, load_kind="closed", load="1 user"))
    return in_order(run, placed).drop(columns=["scenario", "load_kind", "load"])


def overhead(table: pd.DataFrame) -> pd.DataFrame:
    """Return the time beyond the formula, as a line over the number of sources.

    It is a least-squares fit of the `overhead_ms` of `response_times`. Columns: stack, title,
    framework, sources, base_ms (per request), per_source_ms, low, high (of per_source_ms, Student's
    t), cells (pairs of a number of sources and a delay that were fitted).
    """
    rows = [
        dict(zip(_STACK_COLUMNS, key, strict=True)) | _line(cells)
        for key, cells in table.groupby(_STACK_COLUMNS, sort=False)
        if cells["count"].nunique() > 1
    ]
    return pd.DataFrame(rows, columns=[*_STACK_COLUMNS, *_LINE])


_STACK_COLUMNS = ["stack", "title", "framework", "sources"]


_LINE = ("base_ms", "per_source_ms", "low", "high", "cells")


def _line(cells: pd.DataFrame) -> dict[str, Any]:
    line = stats.linregress(cells["count"], cells["overhead_ms"])
    degrees = len(cells) - 2
    half_width = stats.t.ppf((1 + CONFIDENCE) / 2, degrees) * line.stderr if degrees else nan
    return {
        "base_ms": float(line.intercept),
        "per_source_ms": float(line.slope),
        "low": float(line.slope - half_width),
        "high": float(line.slope + half_width),
        "cells": len(cells),
    }


def median_ratios(run: Run, pairs: Iterable[Pair]) -> pd.DataFrame:
    """Return the ratios of a stack's median to its baseline's: a row per pair, count and delay.

    Columns: stack, title, baseline, baseline_title, differs (apart from the framework), count,
    delay_ms, ratio (of medians), low, high (jackknife over the blocks that hold both), blocks,
    blocks_untouched, verdict, reason.
    """
    grid, valid = _grid(run), _valid_blocks(run)
    rows = [row for pair in pairs for row in _ratios(grid, pair, valid)]
    frame = pd.DataFrame(rows, columns=["stack", "baseline", "differs", *SHAPE, *_RATIO])
    stacks = run.manifest.stacks
    frame.insert(1, "title", [title_of(name, stacks) for name in frame["stack"]])
    frame.insert(3, "baseline_title", [title_of(name, stacks) for name in frame["baseline"]])
    return frame


_RATIO = ("ratio", "low", "high", "blocks", "blocks_untouched", "verdict", "reason")


def _valid_blocks(run: Run) -> dict[str, set[int]]:
    """Return the blocks in which the trial of `fan_out` is valid, by stack."""
    trials = measured(trials_table(run))
    valid = trials[(trials["scenario"] == SCENARIO) & (trials["verdict"] == "valid")]
    return {str(stack): set(part["block"]) for stack, part in valid.groupby("stack")}


def _ratios(
    grid: dict[tuple[str, int, float], Blocks], pair: Pair, valid: Mapping[str, set[int]]
) -> Iterator[dict[str, Any]]:
    shapes = [(count, delay_ms) for stack, count, delay_ms in grid if stack == pair.stack]
    untouched = valid.get(pair.stack, set()) & valid.get(pair.baseline, set())
    for count, delay_ms in sorted(shapes):
        baseline = grid.get((pair.baseline, count, delay_ms), {})
        stack = grid[pair.stack, count, delay_ms]
        ratio = ratio_of_medians(stack, baseline)
        if ratio.blocks:
            blocks = len(untouched & set(stack) & set(baseline))
            judgement = judge(ratio, blocks)
            yield {
                "stack": pair.stack,
                "baseline": pair.baseline,
                "differs": ", ".join(AXIS_NAMES[axis] for axis in pair.differs_in(SCENARIO)),
                "count": count,
                "delay_ms": delay_ms,
                "ratio": ratio.value,
                "low": ratio.low,
                "high": ratio.high,
                "blocks": ratio.blocks,
                "blocks_untouched": blocks,
                "verdict": judgement.verdict,
                "reason": judgement.reason,
            }


def break_even_delays(ratios: pd.DataFrame) -> pd.DataFrame:
    """Return the measured delays between which calling at once becomes faster.

    A row per pair and number of sources, from 2 sources on. `ratios` are `median_ratios` of pairs
    whose baseline calls sources in turn.

    Columns: stack, title, baseline, baseline_title, count, quicker_from_ms (the shortest delay from
    which on calling at once is faster at every measured delay; NaN if there is none), not_below_ms
    (the longest shorter delay, at which it is not shown to be faster), ratio, low, high, verdict
    there (NaN and "" if it is faster at every delay).
    """
    several = ratios[ratios["count"] > 1]
    groups = several.groupby(["stack", "baseline", "count"], sort=False)
    rows = [_crossover(group.sort_values("delay_ms")) for _, group in groups]
    return pd.DataFrame(rows, columns=[*_PAIR_COLUMNS, "count", *_CROSSOVER])


_PAIR_COLUMNS = ("stack", "title", "baseline", "baseline_title")


_CROSSOVER = ("quicker_from_ms", "not_below_ms", "ratio", "low", "high", "verdict")


def _crossover(delays: pd.DataFrame) -> dict[str, Any]:
    not_faster = delays[delays["verdict"] != "lower"].tail(1)
    last_ms = not_faster["delay_ms"].max()
    faster = delays if not_faster.empty else delays[delays["delay_ms"] > last_ms]
    first = delays.iloc[0]
    return {
        **{name: first[name] for name in (*_PAIR_COLUMNS, "count")},
        "quicker_from_ms": faster["delay_ms"].min(),
        "not_below_ms": last_ms,
        **{name: not_faster[name].max() for name in ("ratio", "low", "high")},
        "verdict": "".join(not_faster["verdict"]),
    }
