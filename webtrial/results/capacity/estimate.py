"""Capacity: throughput and response times as users are added."""

import pandas as pd

from webtrial.results.latency.estimate import latency_against_load
from webtrial.run.store import Run
from webtrial.stats.estimates import CELL, throughput_table


def sweep(run: Run, scenario: str) -> pd.DataFrame:
    """Return throughput and response times of one scenario against users.

    A row per closed load and stack that was measured at more than one. Empty if there is only one
    load.

    Columns: scenario, load, users, stack, title, framework, throughput_per_s, throughput_low,
    throughput_high (geometric mean over blocks, t interval), p50_ms, p50_low, p50_high, p90_ms (of
    the merged requests), blocks, suspect_blocks.
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
