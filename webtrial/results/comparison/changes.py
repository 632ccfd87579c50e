"""Changes of each stack between two runs: one run's values over another's, with intervals.

The runs were made at different times, often on different days or machines, so their blocks are not
paired: the ratio is unpaired (Welch's interval on logarithms). It covers how much blocks differ
*within* each run. Effects on a whole run (the hour, the neighbours, another machine) are also part
of the ratio, and no interval of two runs can separate them from a change of the stack. Two things
help: the speed of the machine, which every trial records, and the ratios between stacks, which such
effects do not change (`replication`).
"""

from collections.abc import Iterator
from math import isfinite, nan
from typing import Any

import pandas as pd

from webtrial.errors import CompareError
from webtrial.results.latency.estimate import percentile_estimate
from webtrial.run.store import Run
from webtrial.stats.counting import by_trial, request_counts
from webtrial.stats.estimates import CELL, in_order, labelled, load_size
from webtrial.stats.histogram import Histogram, merged
from webtrial.stats.intervals import (
    MINIMUM_BLOCKS,
    Estimate,
    Judgement,
    geometric_mean,
    judge,
    ratio_unpaired,
)
from webtrial.stats.ratios import METRICS, Metric, Requests
from webtrial.stats.trials import at_common_loads, measured, trials_table

KEYS = [*CELL, "stack"]


def shared_cells(before: Run, after: Run) -> pd.DataFrame:
    """Return the cells and stacks that count in both runs.

    Columns: scenario, load_kind, load, stack. Raises CompareError, which says what each of them
    measured, if they share none.
    """
    places = [_trials(run)[KEYS].drop_duplicates() for run in (before, after)]
    shared = places[0].merge(places[1])
    if shared.empty:
        measured_by_run = "; ".join(
            f"{run.manifest.id} {_measured_text(place)}"
            for run, place in zip((before, after), places, strict=True)
        )
        raise CompareError(
            f"the runs have no scenario, load and stack in common: {measured_by_run}. Measure one"
            " run again with the scenarios, stacks and loads of the other"
        )
    return in_order(before, shared)


def _measured_text(places: pd.DataFrame) -> str:
    if places.empty:
        return "has no counted trial"
    loads = sorted(places["load"].unique(), key=load_size)
    parts = [list(places[name].unique()) for name in ("scenario", "stack")]
    scenarios, stacks = (", ".join(map(str, part)) for part in parts)
    return f"measured {scenarios} at {', '.join(loads)} with {stacks}"


def _trials(run: Run) -> pd.DataFrame:
    return at_common_loads(measured(trials_table(run)))


def changes(before: Run, after: Run) -> pd.DataFrame:
    """Return `after` over `before` wherever both measured the same.

    A row per cell, stack and metric. Columns: scenario, load_kind, load, stack, title, framework,
    metric, before, after, ratio, low, high, blocks_before, blocks_after, blocks_untouched (valid
    trials, of the run with fewer), suspect (whether it also uses other trials, because fewer than
    three are valid), failed_before, failed_after (fractions of the scheduled requests that failed
    or were dropped), verdict (higher, lower, inconclusive), reason. Raises CompareError if the runs
    have nothing in common.
    """
    shared = shared_cells(before, after)
    rows = _figures(before, shared).merge(
        _figures(after, shared), on=[*KEYS, "metric"], suffixes=("_before", "_after")
    )
    compared = [dict(zip(rows.columns, row, strict=True)) for row in rows.itertuples(index=False)]
    frame = pd.DataFrame(map(_change, compared), columns=[*KEYS, *_COLUMNS])
    return in_order(after, labelled(after, frame))


_COLUMNS = (
    *("metric", "before", "after", "ratio", "low", "high", "blocks_before", "blocks_after"),
    *("blocks_untouched", "suspect", "failed_before", "failed_after", "verdict", "reason"),
)


def _figures(run: Run, shared: pd.DataFrame) -> pd.DataFrame:
    """Return a row per place and metric.

    Columns: the `estimate`, how many of its blocks are `untouched`, whether it is `suspect`, and
    the share of requests that `failed`.
    """
    trials = _trials(run).merge(shared)
    rows = [
        dict(zip(KEYS, [*key, stack], strict=True)) | row
        for key, cell in trials.groupby(CELL, sort=False)
        for requests in [by_trial(request_counts(run, cell))]
        for stack, group in cell.groupby("stack", sort=False)
        for row in _metrics(group, requests)
    ]
    return pd.DataFrame(rows, columns=[*KEYS, "metric", *_FIGURE])


_FIGURE = ("estimate", "untouched", "suspect", "failed")


def _metrics(trials: pd.DataFrame, requests: Requests) -> Iterator[dict[str, Any]]:
    valid = trials[trials["verdict"] == "valid"]
    shown = valid if len(valid) >= MINIMUM_BLOCKS else trials
    for metric in METRICS:
        if metric.closed_only and trials["load_kind"].iloc[0] != "closed":
            continue
        yield {
            "metric": metric.name,
            "estimate": _estimate(shown, metric, requests),
            "untouched": len(valid),
            "suspect": len(valid) < len(shown),
            "failed": _failed(shown),
        }


def _estimate(trials: pd.DataFrame, metric: Metric, requests: Requests) -> Estimate:
    if metric.column is not None:
        return geometric_mean(trials[metric.column].dropna().tolist() or [nan])
    assert metric.percentile is not None
    return percentile_estimate(_by_block(trials, requests), metric.percentile)


def _by_block(trials: pd.DataFrame, requests: Requests) -> list[Histogram]:
    names = zip(trials["number"], trials["attempt"], strict=True)
    return [requests.get(name, merged([])) for name in names]


def _failed(trials: pd.DataFrame) -> float:
    scheduled = trials["scheduled"].sum()
    return float((trials["errors"] + trials["dropped"]).sum() / scheduled) if scheduled else nan


def _change(row: dict[str, Any]) -> dict[str, Any]:
    first, second = row["estimate_before"], row["estimate_after"]
    ratio = ratio_unpaired(second, first)
    untouched = min(row["untouched_before"], row["untouched_after"])
    judgement = judge(ratio, untouched) if isfinite(ratio.value) else _UNKNOWN
    return {name: row[name] for name in (*KEYS, "metric")} | {
        "before": first.value,
        "after": second.value,
        "ratio": ratio.value,
        "low": ratio.low,
        "high": ratio.high,
        "blocks_before": first.blocks,
        "blocks_after": second.blocks,
        "blocks_untouched": untouched,
        "suspect": row["suspect_before"] or row["suspect_after"],
        "failed_before": row["failed_before"],
        "failed_after": row["failed_after"],
        "verdict": judgement.verdict,
        "reason": judgement.reason,
    }


_UNKNOWN = Judgement("inconclusive", "too few requests in one of the runs, or not observed there")


def machine_speed(before: Run, after: Run) -> Estimate:
    """Return the speed of the machine in `after` relative to `before`.

    It is measured with a fixed piece of Python work, timed around every trial, as the mean of each
    block.
    """
    first, second = (
        _trials(run).groupby("block")["speed_per_s"].mean().tolist() for run in (before, after)
    )
    return ratio_unpaired(geometric_mean(second), geometric_mean(first))


_BETTER = {metric.name: metric.better for metric in METRICS}


def regressions(changed: pd.DataFrame, speed: float, percent: float) -> pd.DataFrame:
    """Return the rows of `changes` that certainly got worse by more than `percent`.

    The worst comes first; the column `worse` is the least percentage by which it did. Certain means
    that at least three blocks are untouched on both sides and that the nearer end of the interval
    lies beyond the bound: requests per second below 1 − percent/100 of the earlier value, times and
    CPU time above 1 + percent/100. Effects that a slower machine may explain are deducted first: if
    `speed` (`machine_speed`) is below 1, the end is moved towards 1 by it. A faster machine does
    not count against a stack. Each row is judged by itself: with very many rows and a bound of 0, a
    few in a hundred exceed it by chance.
    """
    allowance = min(speed, 1.0) if speed > 0 else 1.0
    is_rate = changed["metric"].map(_BETTER) == "higher"
    worse = (1 - changed["high"] / allowance).where(is_rate, changed["low"] * allowance - 1)
    certain = changed["verdict"].isin(["higher", "lower"]) & (100 * worse > percent)
    regressed = changed.assign(worse=100 * worse)[certain]
    return regressed.sort_values("worse", ascending=False, kind="stable").reset_index(drop=True)
