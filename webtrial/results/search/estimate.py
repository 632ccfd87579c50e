"""Searches by selectivity: frameworks converge where the database is the bottleneck.

The frequency of the searched word determines how much work PostgreSQL does. Differences between
frameworks are visible where that work is small and disappear where it is large.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from webtrial.run.store import Run
from webtrial.stats.counting import request_counts
from webtrial.stats.estimates import at_main_load
from webtrial.stats.medians import Blocks, by_block, median_of, ratio_of_medians
from webtrial.stats.pairs import (
    EVERY_AXIS,
    Pair,
    framework_of,
    is_deployed,
    stacks_in_order,
    title_of,
)
from webtrial.stats.trials import measured, trials_table

SCENARIO = "product_search"
KINDS = ("common", "middling", "rare")
CONVERGENCE_FACTOR = 1.25
"""Frameworks have converged if all their medians lie within this factor."""


def search_spread(run: Run) -> pd.DataFrame:
    """Return how far apart the frameworks are in searches at the main closed load.

    A row per state of the trigram index and kind of word. With the index it uses each framework's
    stack as deployed, without it the stack that differs in nothing else. Columns: load, index
    (present or not), kind, frameworks (how many), fastest, fastest_ms, slowest, slowest_ms (titles
    and medians), ratio, low, high (jackknife over blocks), blocks, together (whether the ratio is
    within CONVERGENCE_FACTOR).
    """
    load, by_kind = _by_kind(run)
    rows = [
        {"load": load, "index": has_index, "kind": kind} | _extremes(run, measured_stacks)
        for has_index, names in _index_states(run).items()
        for kind in KINDS
        if len(measured_stacks := _of_kind(by_kind, kind, names)) > 1
    ]
    return pd.DataFrame(rows, columns=["load", "index", "kind", *_SPREAD])


_SPREAD = (
    *("frameworks", "fastest", "fastest_ms", "slowest", "slowest_ms", "ratio", "low", "high"),
    *("blocks", "together"),
)


def _by_kind(run: Run) -> tuple[str, dict[tuple[Any, ...], Blocks]]:
    trials = measured(trials_table(run))
    trials = at_main_load(trials[trials["scenario"] == SCENARIO])
    load = str(trials["load"].iloc[0]) if len(trials) else ""
    return load, by_block(request_counts(run, trials, kinds=True), ["stack", "kind"])


def _of_kind(
    by_kind: Mapping[tuple[Any, ...], Blocks], kind: str, names: Iterable[str]
) -> dict[str, Blocks]:
    return {name: by_kind[name, kind] for name in names if (name, kind) in by_kind}


def _index_states(run: Run) -> dict[bool, list[str]]:
    """Return the stacks with the index (True) and without it (False).

    The former are those as deployed; the latter differ from them in nothing else.
    """
    stacks = stacks_in_order(run)
    deployed = [name for name in stacks if is_deployed(name, stacks)]
    same = [axis for axis in EVERY_AXIS if axis != "after_clone"]
    without_index = [
        name
        for name in stacks
        if stacks[name].get("after_clone")
        and any(all(stacks[name].get(a) == stacks[each].get(a) for a in same) for each in deployed)
    ]
    return {True: deployed, False: without_index}


def _extremes(run: Run, blocks_of: Mapping[str, Blocks]) -> dict[str, Any]:
    stacks = run.manifest.stacks
    medians_ms = {name: median_of(blocks).value for name, blocks in blocks_of.items()}
    fastest, slowest = (pick(medians_ms, key=lambda name: medians_ms[name]) for pick in (min, max))
    ratio = ratio_of_medians(blocks_of[slowest], blocks_of[fastest])
    return {
        "frameworks": len({framework_of(name, stacks) for name in blocks_of}),
        "fastest": title_of(fastest, stacks),
        "fastest_ms": medians_ms[fastest],
        "slowest": title_of(slowest, stacks),
        "slowest_ms": medians_ms[slowest],
        "ratio": ratio.value,
        "low": ratio.low,
        "high": ratio.high,
        "blocks": ratio.blocks,
        "together": ratio.value <= CONVERGENCE_FACTOR,
    }


def search_ratios(run: Run, pairs: Iterable[Pair]) -> pd.DataFrame:
    """Return the ratios of a stack's median search time to its baseline's at the main closed load.

    A row per pair and kind of word. Columns: load, kind, stack, title, baseline, baseline_title,
    ratio (of medians), low, high (jackknife over the blocks that have both), blocks.
    """
    load, by_kind = _by_kind(run)
    stacks = run.manifest.stacks
    rows = [
        {
            "load": load,
            "kind": kind,
            "stack": pair.stack,
            "title": title_of(pair.stack, stacks),
            "baseline": pair.baseline,
            "baseline_title": title_of(pair.baseline, stacks),
        }
        | _ratio(by_kind[pair.stack, kind], by_kind[pair.baseline, kind])
        for pair in pairs
        for kind in KINDS
        if {(pair.stack, kind), (pair.baseline, kind)} <= set(by_kind)
    ]
    return pd.DataFrame(rows, columns=[*_PAIR, *_RATIO])


_PAIR = ("load", "kind", "stack", "title", "baseline", "baseline_title")
_RATIO = ("ratio", "low", "high", "blocks")


def _ratio(above: Blocks, below: Blocks) -> dict[str, Any]:
    ratio = ratio_of_medians(above, below)
    return {name: getattr(ratio, field) for name, field in _FIELDS.items()}


_FIELDS = {"ratio": "value", "low": "low", "high": "high", "blocks": "blocks"}
