"""Costs of requests: CPU-hours per million, their price, and cores for a given load."""

import numpy as np
import pandas as pd

from webtrial.results.cost.estimate import cost_table
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.in_time import rates_in_time

MILLION = 1_000_000
_HOURS_PER_MS = MILLION / 1000 / 3600  # hours of a million requests per CPU-millisecond of one
_PARTS = ("service", "database", "upstreams")


def million_requests(run: Run, price_per_core_hour: float) -> pd.DataFrame:
    """Return CPU time and price of a million requests: a row per cell and stack.

    Columns: scenario, load_kind, load, stack, title, framework, service_h, database_h, upstreams_h
    (CPU-hours; NaN if not observed), total_h, low, high (mean over blocks, t interval), price,
    price_low, price_high (of the total, in the currency of `price_per_core_hour`), blocks,
    suspect_blocks. Only used CPU time is priced: not memory, disks, traffic or idle cores.
    """
    costs = cost_table(run)
    hours = {f"{part}_h": costs[f"{part}_ms"] * _HOURS_PER_MS for part in (*_PARTS, "total")}
    spans = {end: costs[end] * _HOURS_PER_MS for end in ("low", "high")}
    prices = {
        "price": hours["total_h"] * price_per_core_hour,
        "price_low": spans["low"] * price_per_core_hour,
        "price_high": spans["high"] * price_per_core_hour,
    }
    return costs.assign(**hours, **spans, **prices)[list(_COLUMNS)]


_COLUMNS = (
    *("scenario", "load_kind", "load", "stack", "title", "framework", "service_h", "database_h"),
    *("upstreams_h", "total_h", "low", "high", "price", "price_low", "price_high", "blocks"),
    "suspect_blocks",
)


def cores_needed(run: Run, rate_per_s: float, p99_limit_ms: float) -> pd.DataFrame:
    """Return how many cores serve `rate_per_s` requests within the limit.

    A row per scenario and stack with an open load.

    Assumptions: a service scales by copies, each with as many processes as the run's services had
    and a core for each; each copy serves what this one did (`rates_in_time`), and requests are
    distributed evenly; PostgreSQL and upstreams keep up; and a request costs as much as at the main
    closed load.

    Columns: scenario, stack, title, framework, per_s (the highest rate that one copy served; NaN
    without one), missed_per_s (the lowest above it that it did not; NaN without one), copies_low,
    copies_high (fewer than copies_low are too few, copies_high are enough; NaN if unknown),
    cores_low, cores_high (of all copies), busy_cores (how many the service's CPU time would fill, a
    lower bound), database_cores, upstreams_cores (the same for theirs), judged (rates with enough
    requests to be judged).
    """
    served = rates_in_time(run, p99_limit_ms).rename(columns={"rate_per_s": "per_s"})
    costs = at_main_load(cost_table(run))[["scenario", "stack", *(f"{p}_ms" for p in _PARTS)]]
    rows = served.merge(costs, how="left", on=["scenario", "stack"])
    ends = {"low": _copies(rate_per_s, rows["missed_per_s"], exceeding=True)}
    ends["high"] = _copies(rate_per_s, rows["per_s"])
    processes = run.manifest.parameters.server_processes
    table = rows.assign(
        **{f"copies_{end}": copies for end, copies in ends.items()},
        **{f"cores_{end}": processes * copies for end, copies in ends.items()},
        busy_cores=rows["service_ms"] * rate_per_s / 1000,
        database_cores=rows["database_ms"] * rate_per_s / 1000,
        upstreams_cores=rows["upstreams_ms"] * rate_per_s / 1000,
    )
    return table[list(_CORES)]


def _copies(rate_per_s: float, each_per_s: pd.Series, exceeding: bool = False) -> pd.Series:
    """Return the number of copies such that each receives at most `each_per_s`.

    With `exceeding`, each must receive less than that, because that rate is already too much.
    """
    shares = rate_per_s / each_per_s
    copies: pd.Series = np.floor(shares) + 1 if exceeding else np.ceil(shares)
    return copies


_CORES = (
    *("scenario", "stack", "title", "framework", "per_s", "missed_per_s", "copies_low"),
    *("copies_high", "cores_low", "cores_high", "busy_cores", "database_cores"),
    *("upstreams_cores", "judged"),
)
