"""Paired ratios between stacks, with intervals and verdicts.

A cell is one scenario × one load. Ratios are paired by block within a cell. A block is *untouched*
if both trials are valid; only untouched blocks decide. With fewer than three of them the ratio is
still shown, over every block that is not invalid, and marked `suspect` if it uses suspect trials.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite, nan
from typing import Any

import pandas as pd

from webtrial.errors import RunError
from webtrial.run.cached import cached_per_run
from webtrial.run.store import Run
from webtrial.stats.counting import by_trial, request_counts
from webtrial.stats.estimates import CELL, in_order
from webtrial.stats.histogram import MINIMUM_SAMPLES, Histogram, merged
from webtrial.stats.intervals import (
    MINIMUM_BLOCKS,
    Estimate,
    Judgement,
    jackknife,
    judge,
    noise_floor,
    ratio_of_means,
)
from webtrial.stats.matching import pairs_in
from webtrial.stats.pairs import AXIS_NAMES, Pair, with_itself
from webtrial.stats.trials import at_common_loads, trials_table

Requests = dict[tuple[Any, Any], Histogram]  # by number and attempt of the trial
Pairing = tuple[Histogram, Histogram]  # in one block: the stack's and its baseline's
Row = Mapping[str, Any]  # a row of `trials_table`
Trials = dict[tuple[str, str], dict[int, Row]]  # of a cell: by stack and role, then block


@dataclass(frozen=True, slots=True)
class PairedBlock:
    """A block in which both stacks of a pair were measured.

    `above` is the row of the stack, `below` that of its baseline.
    """

    above: Row
    below: Row

    @property
    def untouched(self) -> bool:
        """Whether both trials are valid."""
        return {self.above["verdict"], self.below["verdict"]} == {"valid"}


@dataclass(frozen=True, slots=True)
class Metric:
    """A quantity by which stacks are compared.

    `column` is a column of the trials table, None for a percentile of the response times; `better`
    says whether higher or lower values are better.
    """

    name: str
    label: str
    better: str
    column: str | None = None
    percentile: float | None = None
    closed_only: bool = False


CPU = Metric("cpu", "CPU time of the service per request", "lower", "cpu_ms_per_request")
THROUGHPUT = Metric(
    "throughput", "requests per second", "higher", "throughput_per_s", closed_only=True
)
MEDIAN = Metric("p50", "median response time", "lower", percentile=50)
P99 = Metric("p99", "99th percentile of response time", "lower", percentile=99)
METRICS = (
    THROUGHPUT,
    MEDIAN,
    P99,
    CPU,
)


def ratio_table(
    run: Run, pairs: Iterable[Pair] | None = None, metrics: Sequence[Metric] = METRICS
) -> pd.DataFrame:
    """Return paired ratios with their verdicts: a row per cell, pair and metric.

    Columns: scenario, load_kind, load, kind (as deployed, matched; variant and a/a if `pairs` has
    such), stack, baseline, match (what both sides of a matched pair share, "" for others), differs
    (the axes apart from the framework in which the two differ and that have an effect in the
    scenario), metric, ratio, low, high, blocks, blocks_untouched, floor (the A/A noise floor as a
    factor, NaN without), suspect, failed, failed_baseline (fractions of the scheduled requests that
    failed or were dropped), verdict (higher, lower, indistinguishable, inconclusive), reason.
    Without `pairs` each cell has those of `matching.pairs_in`.
    """
    if pairs is None and metrics is METRICS:
        return _of_all_pairs(run).copy()
    return _ratios(run, None if pairs is None else list(pairs), metrics)


@cached_per_run
def _of_all_pairs(run: Run) -> pd.DataFrame:
    return _ratios(run, None, METRICS)


def _ratios(run: Run, chosen: Sequence[Pair] | None, metrics: Sequence[Metric]) -> pd.DataFrame:
    trials = trials_table(run)
    trials = at_common_loads(trials[trials["used"] & trials["role"].isin(["measure", "a/a"])])
    rows: list[dict[str, Any]] = []
    for key, cell in trials.groupby(CELL, sort=False):
        place = dict(zip(CELL, key, strict=True))
        pairs = pairs_in(run, str(key[0]), set(cell["stack"])) if chosen is None else chosen
        rows += [place | row for row in ratios_in(run, cell, pairs, metrics)]
    frame = pd.DataFrame(rows, columns=[*CELL, *RATIO_COLUMNS])
    return in_order(run, frame, stacks=False)


RATIO_COLUMNS = (
    *("kind", "stack", "baseline", "match", "differs", "metric", "ratio", "low", "high", "blocks"),
    *("blocks_untouched", "floor", "suspect", "failed", "failed_baseline", "verdict", "reason"),
)


def noise_floors(run: Run, metrics: Sequence[Metric] = METRICS) -> pd.DataFrame:
    """Return the A/A ratios of a run: a stack against itself in each cell.

    Columns are those of `ratio_table`.
    """
    names = trials_table(run).query("role == 'a/a'")["stack"].unique()
    pairs = [with_itself(name) for name in names]
    return ratio_table(run, pairs, metrics)


def ratio_of(cell: pd.DataFrame, pair: Pair, metric: Metric) -> dict[str, Any]:
    """Return the ratio of one pair in one cell: the columns of `ratio_table` from `kind` on.

    `cell` holds the cell's used rows of `trials_table`. `metric` is one of its columns and need not
    be in METRICS.
    """
    trials = _by_stack(cell, [metric])
    floor = noise_floor(_self_ratio(trials, metric, {}))
    return _ratio_row(_paired(trials, pair), metric, {}, floor, pair)


def ratios_in(
    run: Run, cell: pd.DataFrame, pairs: Sequence[Pair], metrics: Sequence[Metric] = METRICS
) -> Iterable[dict[str, Any]]:
    """Yield the ratios of the pairs that a cell has, for each metric.

    Columns are those of `ratio_table` from `kind` on. `cell` holds the cell's used rows of
    `trials_table`.
    """
    stacks = set(cell["stack"])
    pairs = [pair for pair in pairs if {pair.stack, pair.baseline} <= stacks]
    if not pairs:
        return
    needs_percentile = any(metric.percentile is not None for metric in metrics)
    requests = by_trial(request_counts(run, cell)) if needs_percentile else {}
    trials = _by_stack(cell, metrics)
    blocks = [_paired(trials, pair) for pair in pairs]
    for metric in metrics:
        if metric.closed_only and cell["load_kind"].iloc[0] != "closed":
            continue
        floor = noise_floor(_self_ratio(trials, metric, requests))
        for pair, both in zip(pairs, blocks, strict=True):
            yield _ratio_row(both, metric, requests, floor, pair)


def _by_stack(cell: pd.DataFrame, metrics: Sequence[Metric]) -> Trials:
    """Return the rows of a cell by stack and role, then by block.

    A block is one replication, so two trials of a stack in one block and cell raise RunError.
    """
    names = [*_OF_EACH_TRIAL, *(each.column for each in metrics if each.column is not None)]
    found: Trials = {}
    for values in zip(*(cell[name].tolist() for name in names), strict=True):
        row = dict(zip(names, values, strict=True))
        blocks = found.setdefault((row["stack"], row["role"]), {})
        if row["block"] in blocks:
            raise RunError(
                f"block {row['block']} has two trials of {row['stack']} in {row['scenario']} at one"
                f" load, numbers {blocks[row['block']]['number']} and {row['number']}: remove one"
            )
        blocks[row["block"]] = row
    return found


_OF_EACH_TRIAL = (
    *("stack", "role", "block", "scenario", "number", "attempt", "verdict"),
    *("errors", "dropped", "scheduled"),
)


def _paired(trials: Trials, pair: Pair) -> list[PairedBlock]:
    """Return the blocks in which both stacks were measured.

    For a stack against itself, the other side is its A/A trial.
    """
    role = "a/a" if pair.stack == pair.baseline else "measure"
    below = trials.get((pair.baseline, "measure"), {})
    above = trials.get((pair.stack, role), {})
    return [PairedBlock(row, below[block]) for block, row in above.items() if block in below]


def floor_of(cell: pd.DataFrame, metric: Metric) -> float:
    """Return the A/A noise floor of a cell as a factor; NaN without A/A trials.

    `cell` holds the cell's used rows of `trials_table`. `metric` is one of its columns.
    """
    return noise_floor(_self_ratio(_by_stack(cell, [metric]), metric, {}))


def _self_ratio(trials: Trials, metric: Metric, requests: Requests) -> Estimate:
    aa_stacks = [stack for stack, role in trials if role == "a/a"]
    if not aa_stacks:
        return Estimate(nan, nan, nan, 0)
    blocks = _paired(trials, with_itself(aa_stacks[0]))
    return _ratio([block for block in blocks if block.untouched], metric, requests)


def _with_values(blocks: Sequence[PairedBlock], metric: Metric) -> Sequence[PairedBlock]:
    column = metric.column
    if column is None:
        return blocks
    return [each for each in blocks if isfinite(each.above[column] + each.below[column])]


def _ratio_row(
    blocks: Sequence[PairedBlock],
    metric: Metric,
    requests: Requests,
    floor: float,
    pair: Pair,
) -> dict[str, Any]:
    blocks = _with_values(blocks, metric)
    untouched = [block for block in blocks if block.untouched]
    has_enough = len(untouched) >= MINIMUM_BLOCKS
    shown = untouched if has_enough else blocks
    ratio = _ratio(shown, metric, requests)
    judgement = _too_few(shown, metric, requests) or judge(ratio, len(untouched), floor)
    axes = pair.differs_in(blocks[0].above["scenario"]) if blocks else pair.differs
    return {
        "kind": pair.kind,
        "stack": pair.stack,
        "baseline": pair.baseline,
        "match": pair.match,
        "differs": ", ".join(AXIS_NAMES[axis] for axis in axes),
        "metric": metric.name,
        "ratio": ratio.value,
        "low": ratio.low,
        "high": ratio.high,
        "blocks": ratio.blocks,
        "blocks_untouched": len(untouched),
        "floor": floor,
        "suspect": not has_enough and len(untouched) < len(blocks),
        "failed": _failed([block.above for block in shown]),
        "failed_baseline": _failed([block.below for block in shown]),
        "verdict": judgement.verdict,
        "reason": judgement.reason,
    }


def _failed(trials: Sequence[Row]) -> float:
    failed = sum(trial["errors"] + trial["dropped"] for trial in trials)
    scheduled = sum(trial["scheduled"] for trial in trials)
    return float(failed / scheduled) if scheduled else nan


def _ratio(blocks: Sequence[PairedBlock], metric: Metric, requests: Requests) -> Estimate:
    if (column := metric.column) is not None:
        above, below = (
            [each.above[column] for each in blocks],
            [each.below[column] for each in blocks],
        )
        return ratio_of_means(above, below)
    assert metric.percentile is not None
    contents = _contents(blocks, requests)
    if _merged(contents) < MINIMUM_SAMPLES[metric.percentile]:
        return Estimate(nan, nan, nan, len(contents))
    return jackknife(contents, percentile_ratio(metric.percentile))


def _contents(blocks: Sequence[PairedBlock], requests: Requests) -> list[Pairing]:
    nothing = merged([])
    return [
        (
            requests.get((block.above["number"], block.above["attempt"]), nothing),
            requests.get((block.below["number"], block.below["attempt"]), nothing),
        )
        for block in blocks
    ]


def _merged(contents: list[Pairing]) -> int:
    """Return the smaller number of requests of the two stacks."""
    return min(sum(len(pairing[side]) for pairing in contents) for side in (0, 1))


def percentile_ratio(percentile: float) -> Callable[[Sequence[Pairing]], float]:
    return partial(_ratio_of_percentiles, percentile)


def _ratio_of_percentiles(percentile: float, contents: Sequence[Pairing]) -> float:
    above, below = (merged([pairing[side] for pairing in contents]) for side in (0, 1))
    divisor_ms = below.percentile_ms(percentile)
    return above.percentile_ms(percentile) / divisor_ms if divisor_ms > 0 else nan


def _too_few(blocks: Sequence[PairedBlock], metric: Metric, requests: Requests) -> Judgement | None:
    if metric.percentile is None or not blocks:
        return None
    needed = MINIMUM_SAMPLES[metric.percentile]
    merged_requests = _merged(_contents(blocks, requests))
    if merged_requests >= needed:
        return None
    reason = f"needs {needed:,} merged requests of each stack, has {merged_requests:,}"
    return Judgement("inconclusive", reason)
