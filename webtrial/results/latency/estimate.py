"""Response times: percentiles with intervals, whole distributions, and values by kind of request.

All use requests merged over blocks and counted in buckets of 0.1 % (`histogram`), so only counts
are held in memory. Intervals come from the delete-one-block jackknife.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import isnan, nan
from typing import Any

import numpy as np
import pandas as pd

from webtrial.run.store import Run
from webtrial.stats.counting import request_counts
from webtrial.stats.estimates import (
    CELL,
    in_order,
    is_pilot_fraction,
    labelled,
    load_size,
    with_failures,
)
from webtrial.stats.histogram import MINIMUM_SAMPLES, NEEDS_INTERVAL, Histogram, histogram, merged
from webtrial.stats.intervals import Estimate, jackknife
from webtrial.stats.trials import at_common_loads, measured, trials_table

CURVE_POINTS = 80
MIN_BEYOND = 10  # minimum number of requests beyond the last point of a distribution's tail


@dataclass(frozen=True, slots=True)
class Filter:
    """Which trials of a run to use: some scenarios, some stacks, one load; None selects all."""

    scenarios: Sequence[str] | None = None
    load: str | None = None
    stacks: Sequence[str] | None = None


def latency_against_load(
    run: Run,
    percentiles: Sequence[float] = (50, 90, 99),
    scenarios: Sequence[str] | None = None,
    load: str | None = None,
    stacks: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return percentiles of response time in closed and open loops.

    A row per cell, stack and percentile. `scenarios`, `load` and `stacks` restrict the rows if
    given.

    Columns: scenario, load_kind, load, scale (the unit of size: users, rate per second, share of
    the pilot's rate in %), size, stack, title, framework, percentile, latency_ms, low, high (NaN
    from one block), blocks, samples, suspect_blocks, is_bound (the percentile lies among timeouts,
    so latency_ms is a lower bound), error_fraction, dropped_fraction (as in `failures`).
    """
    return _percentile_rows(run, [*CELL, "stack"], percentiles, Filter(scenarios, load, stacks))


def search_by_selectivity(run: Run, percentiles: Sequence[float] = (50, 90)) -> pd.DataFrame:
    """Return `latency_against_load` of `product_search`, also by `kind` of word."""
    by = [*CELL, "stack", "kind"]
    frame = _percentile_rows(run, by, percentiles, Filter(["product_search"]))
    kind_rank = frame["kind"].map({"common": 0, "middling": 1, "rare": 2}).fillna(3)
    group = frame.groupby([*CELL, "stack"], sort=False).ngroup()
    ranks = ["_group", "_kind", "percentile"]
    ranked = frame.assign(_group=group, _kind=kind_rank).sort_values(ranks)
    return ranked.drop(columns=["_group", "_kind"]).reset_index(drop=True)


def _percentile_rows(
    run: Run, by: list[str], percentiles: Sequence[float], selection: Filter
) -> pd.DataFrame:
    rows = [
        dict(zip(by, key, strict=True)) | row
        for key, group, suspects in _groups(run, by, selection)
        for row in _percentiles(group, percentiles, suspects)
    ]
    frame = pd.DataFrame(rows, columns=[*by, *_PERCENTILE_COLUMNS])
    frame.insert(3, "scale", [_scale(load) for load in frame["load"]])
    frame.insert(4, "size", [load_size(load) for load in frame["load"]])
    return with_failures(run, in_order(run, labelled(run, frame)))


def _scale(load: str) -> str:
    if is_pilot_fraction(load):
        return "share"
    return "rate" if load.endswith("/s") else "users"


_PERCENTILE_COLUMNS = (
    *("percentile", "latency_ms", "low", "high", "blocks", "samples", "suspect_blocks", "is_bound"),
)


def _groups(run: Run, by: list[str], selection: Filter) -> Iterator[tuple[Any, pd.DataFrame, int]]:
    """Yield counts of requests grouped by `by`, holding one cell in memory at a time."""
    trials = at_common_loads(measured(trials_table(run)))
    for column, names in (("scenario", selection.scenarios), ("stack", selection.stacks)):
        trials = trials if names is None else trials[trials[column].isin(names)]
    all_loads = trials["load_kind"] != "persistent"
    trials = trials[all_loads if selection.load is None else trials["load"] == selection.load]
    for (_, kind, _), cell in trials.groupby(CELL, sort=False):
        counts = request_counts(run, cell, kinds="kind" in by).assign(load_kind=str(kind))
        suspects = cell[cell["verdict"] == "suspect"].groupby("stack").size()
        for key, group in counts.groupby(by, observed=True, sort=False):
            yield key, group, int(suspects.get(key[by.index("stack")], 0))


def _percentiles(
    group: pd.DataFrame, percentiles: Sequence[float], suspects: int
) -> Iterator[dict[str, Any]]:
    blocks = [histogram(part) for _, part in group.groupby("block", observed=True)]
    all_blocks = merged(blocks)
    for percentile in percentiles:
        estimate = percentile_estimate(blocks, percentile)
        yield {
            "percentile": percentile,
            "latency_ms": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "blocks": estimate.blocks,
            "samples": len(all_blocks),
            "suspect_blocks": suspects,
            "is_bound": not isnan(estimate.value) and all_blocks.is_bound(percentile),
        }


def percentile_estimate(blocks: Sequence[Histogram], percentile: float) -> Estimate:
    """Return a percentile of the merged blocks with its jackknife interval.

    NaN with too few requests. Percentiles from NEEDS_INTERVAL on are also NaN without an interval:
    a tail may vary by orders of magnitude between blocks, so its value alone is not informative.
    """
    missing = Estimate(nan, nan, nan, len(blocks))
    if sum(map(len, blocks)) < MINIMUM_SAMPLES[percentile]:
        return missing
    estimate = jackknife(blocks, partial(_merged_percentile, percentile))
    return missing if percentile >= NEEDS_INTERVAL and isnan(estimate.low) else estimate


def _merged_percentile(percentile: float, blocks: Sequence[Histogram]) -> float:
    return merged(blocks).percentile_ms(percentile)


def distribution(
    run: Run,
    load: str,
    scenarios: Sequence[str] | None = None,
    stacks: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return the share of requests that took longer, at one load: curves of up to 80 points.

    Columns: scenario, load_kind, load, stack, title, framework, share_slower, latency_ms, blocks,
    suspect_blocks. The tail ends where fewer than ten requests lie beyond.
    """
    by = [*CELL, "stack"]
    rows = [
        dict(zip(by, key, strict=True))
        | {"share_slower": share, "latency_ms": latency_ms}
        | {"blocks": group["block"].nunique(), "suspect_blocks": suspects}
        for key, group, suspects in _groups(run, by, Filter(scenarios, load, stacks))
        for share, latency_ms in _curve(histogram(group))
    ]
    columns = [*by, "share_slower", "latency_ms", "blocks", "suspect_blocks"]
    frame = pd.DataFrame(rows, columns=columns)
    return in_order(run, labelled(run, frame))


def _curve(requests: Histogram) -> Iterator[tuple[float, float]]:
    smallest = min(0.5, MIN_BEYOND / max(len(requests), 1))
    upper = 1 - np.geomspace(0.5, 0.01, CURVE_POINTS // 4, endpoint=False)[::-1]
    lower = np.geomspace(0.5, smallest, CURVE_POINTS)
    shares = np.concatenate([upper, lower])
    return zip(shares.tolist(), requests.quantiles_ms(1 - shares).tolist(), strict=True)
