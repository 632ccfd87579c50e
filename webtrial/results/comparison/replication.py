"""Which conclusions about stacks hold in two runs: verdicts of pairs, paired within each run.

A slower or different machine changes the results of every stack of a run, but not their ratios as
far as it affects all stacks alike. A conclusion can therefore replicate even if a rate cannot.
"""

from typing import Any

import pandas as pd

from webtrial.results.comparison.changes import shared_cells
from webtrial.run.store import Run
from webtrial.stats.estimates import CELL
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED, MINIMUM_BLOCKS, Estimate, ratio_unpaired
from webtrial.stats.matching import pairs_of
from webtrial.stats.ratios import ratio_table

REPLICATES, CONTRADICTED = "replicates", "contradicted"
ONLY_BEFORE, ONLY_AFTER, NEITHER = "first run only", "second run only", "in neither"
OUTCOMES = (REPLICATES, CONTRADICTED, ONLY_BEFORE, ONLY_AFTER, NEITHER)
_SETTLED = (*DECIDED, "indistinguishable")


def replication(before: Run, after: Run) -> pd.DataFrame:
    """Return the verdicts on each pair of stacks in both runs.

    A row per cell, pair and metric that both measured; the pairs are those of `before`.

    Columns: scenario, load_kind, load, kind, stack, baseline, metric, differs (in what the two
    stacks differ apart from the framework, in the first run); then for each run, ending in _before
    and _after: ratio, low, high, blocks_untouched, suspect, floor, verdict, reason; outcome (one of
    OUTCOMES: a verdict of higher, lower or indistinguishable is settled; it *replicates* if the
    other run has the same verdict and is *contradicted* if one says higher and the other lower),
    apart (the second ratio over the first), apart_low, apart_high, size_differs (whether that
    interval excludes 1, with at least three untouched blocks in each run).

    Raises CompareError if the runs have nothing in common.
    """
    shared_cells(before, after)
    pairs = [
        pair
        for pair in pairs_of(before)
        if {pair.stack, pair.baseline} <= set(after.manifest.stacks)
    ]
    first, second = (ratio_table(run, pairs) for run in (before, after))
    frame = first[[*_KEYS, "differs", *_BY_RUN]].merge(
        second[[*_KEYS, *_BY_RUN]], on=_KEYS, suffixes=("_before", "_after"), validate="one_to_one"
    )
    outcomes = pd.DataFrame(map(_outcome_row, rows_of(frame)), frame.index, list(_OUTCOME))
    return pd.concat([frame, outcomes], axis=1)


_KEYS = [*CELL, "kind", "stack", "baseline", "metric"]
_BY_RUN = (
    *("ratio", "low", "high", "blocks", "blocks_untouched"),
    *("suspect", "floor", "verdict", "reason"),
)
_OUTCOME = ("outcome", "apart", "apart_low", "apart_high", "size_differs")


def _outcome_row(row: dict[str, Any]) -> tuple[Any, ...]:
    change = ratio_unpaired(_ratio(row, "after"), _ratio(row, "before"))
    enough = min(row["blocks_untouched_before"], row["blocks_untouched_after"]) >= MINIMUM_BLOCKS
    differs = enough and (change.low > 1 or change.high < 1)
    outcome = _outcome(row["verdict_before"], row["verdict_after"])
    return outcome, change.value, change.low, change.high, differs


def _ratio(row: dict[str, Any], run: str) -> Estimate:
    return Estimate(*(row[f"{name}_{run}"] for name in ("ratio", "low", "high", "blocks")))


def _outcome(before: str, after: str) -> str:
    if before not in _SETTLED and after not in _SETTLED:
        return NEITHER
    if before == after:
        return REPLICATES
    if {before, after} == set(DECIDED):
        return CONTRADICTED
    return ONLY_BEFORE if before in DECIDED or after not in _SETTLED else ONLY_AFTER
