"""Capacity: what a stack reaches as users are added, and which rate it serves in time."""

from typing import Any

import pandas as pd

from webtrial.analyse.estimates import (
    CELL,
    in_order,
    labelled,
    throughput_table,
)
from webtrial.analyse.headline import FAILING
from webtrial.analyse.latency import latency_against_load
from webtrial.analyse.summary import measured, trials_table
from webtrial.runs import Run

P99_LIMIT_MS = 100.0
PERCENTILE = 99


def sweep(run: Run, scenario: str) -> pd.DataFrame:
    """Throughput and response times of one scenario against users: a row per closed load and stack
    that was measured at more than one. Empty where there is only one load.

    Columns: scenario, load, users, stack, title, framework, throughput_per_s, throughput_low,
    throughput_high (geometric mean over blocks, t interval), p50_ms, p50_low, p50_high, p90_ms
    (of the merged requests), blocks, suspect_blocks.
    """
    rates = throughput_table(run)
    rates = rates[rates["scenario"] == scenario].rename(
        columns={"value": "throughput_per_s", "low": "throughput_low", "high": "throughput_high"}
    )
    times = latency_against_load(run, (50, 90), [scenario])
    times = times[times["load_kind"] == "closed"].rename(columns={"size": "users"})
    keys = [*CELL, "stack"]
    medians = times[times["percentile"] == 50].rename(
        columns={"latency_ms": "p50_ms", "low": "p50_low", "high": "p50_high"}
    )
    slow = times[times["percentile"] == 90].rename(columns={"latency_ms": "p90_ms"})
    both = rates.merge(medians[[*keys, "users", "p50_ms", "p50_low", "p50_high"]], on=keys)
    both = both.merge(slow[[*keys, "p90_ms"]], on=keys)
    loads = both.groupby("stack")["load"].transform("nunique")
    return both.loc[loads > 1, list(_SWEEP)].reset_index(drop=True)


_SWEEP = (
    *("scenario", "load", "users", "stack", "title", "framework"),
    *("throughput_per_s", "throughput_low", "throughput_high"),
    *("p50_ms", "p50_low", "p50_high", "p90_ms", "blocks", "suspect_blocks"),
)


def rates_in_time(run: Run, p99_limit_ms: float = P99_LIMIT_MS) -> pd.DataFrame:
    """The highest measured arrival rate that each stack serves with its p99 within a limit: a row
    per scenario and stack that has an open load.

    Served in time is a rate at which the p99 is known, is not a lower bound, is at most
    `p99_limit_ms`, and at most FAILING of the arrivals failed or could not be sent. Columns:
    scenario, stack, title, framework, rate_per_s, p99_ms (NaN where no rate is served in time),
    missed_per_s, missed_p99_ms (the lowest rate above it that is not served in time; NaN where all
    are, so that the stack may serve more), rates (how many have a p99), unknown (how many have too
    few requests for one).
    """
    rates = _open_rates(run)
    groups = rates.groupby(["scenario", "stack"], sort=False)
    rows = [
        dict(zip(["scenario", "stack"], key, strict=True)) | _highest(group, p99_limit_ms)
        for key, group in groups
    ]
    frame = pd.DataFrame(rows, columns=["scenario", "stack", *_HIGHEST])
    placed = labelled(run, frame.assign(load_kind="open", load="0/s"))
    return in_order(run, placed).drop(columns=["load_kind", "load"])


_HIGHEST = ("rate_per_s", "p99_ms", "missed_per_s", "missed_p99_ms", "rates", "unknown")


def _open_rates(run: Run) -> pd.DataFrame:
    """The p99 of each stack at each open load, with the rate that was offered to it."""
    trials = measured(trials_table(run))
    offered = trials[trials["load_kind"] == "open"].groupby([*CELL, "stack"])["rate_per_s"].median()
    found = latency_against_load(run, (PERCENTILE,))
    found = found[found["load_kind"] == "open"]
    return found.merge(offered.reset_index(), on=[*CELL, "stack"])


def _highest(rates: pd.DataFrame, p99_limit_ms: float) -> dict[str, Any]:
    known = rates.dropna(subset=["latency_ms"]).sort_values("rate_per_s")
    lost = known["error_fraction"] + known["dropped_fraction"]
    in_time = (known["latency_ms"] <= p99_limit_ms) & ~known["is_bound"] & (lost <= FAILING)
    best = known[in_time].tail(1)
    above = known["rate_per_s"] > (best["rate_per_s"].iloc[0] if len(best) else 0)
    missed = known[~in_time & above].head(1)
    return {
        "rate_per_s": best["rate_per_s"].max(),
        "p99_ms": best["latency_ms"].max(),
        "missed_per_s": missed["rate_per_s"].max(),
        "missed_p99_ms": missed["latency_ms"].max(),
        "rates": len(known),
        "unknown": len(rates) - len(known),
    }
