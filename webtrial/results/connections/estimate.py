"""Persistent connections: how many a stack holds, what they cost, and how many are lost.

Each connection sends a request on opening and then at equal intervals. The total rate is the same
for any number of connections, so two loads differ in connections, not in work. Idle connections
never send a request.
"""

from collections.abc import Mapping, Sequence
from math import inf, nan
from typing import Any

import pandas as pd

from webtrial.results.latency.estimate import percentile_estimate
from webtrial.run.cached import cached_per_run
from webtrial.run.store import Run
from webtrial.stats.counting import by_trial, request_counts
from webtrial.stats.estimates import CELL, in_order, labelled
from webtrial.stats.histogram import Histogram, merged
from webtrial.stats.in_time import deciding, is_served, late_requests
from webtrial.stats.intervals import Estimate, geometric_mean
from webtrial.stats.thresholds import P99_LIMIT_MS, TOLERATED_SHARE
from webtrial.stats.trials import measured, trials_table


def is_held(lost_share: float, late: int, requests: int) -> bool | None:
    """Whether a stack holds the connections of a load: the only place that defines this rule.

    It does if, while all of them are open, at most TOLERATED_SHARE of them are lost (refused,
    closed by the server, or given up after a timeout) and the requests on them are served within
    the limit (`in_time.is_served`: a request that failed or could not be sent is late). A
    connection that never sends a request counts like any other: it may be lost, and a server that
    keeps a thread for it makes the others wait. Requests sent on opening count only through the
    connections lost, because the plan sets how fast connections are opened. None if too few
    requests were sent to decide.
    """
    return False if lost_share > TOLERATED_SHARE else is_served(late, requests)


def connections(run: Run, p99_limit_ms: float = P99_LIMIT_MS) -> pd.DataFrame:
    """Return the results of persistent connections: a row per load and stack.

    Loads with idle connections come last.

    Columns: scenario, load_kind, load, stack, title, framework, connections (that send requests),
    idle (others that never do), rate_per_s, blocks, suspect_blocks; of all the connections:
    lost_fraction; idle_open (idle ones open at the end, mean over blocks), in_progress (those
    with a request in progress, mean over the window); of the requests in the windows: requests
    (scheduled), failed_fraction (failed, timed out, or not sent because the connection was still
    waiting), late_fraction (not answered within `p99_limit_ms`, including failed ones), p50_ms,
    p50_low, p50_high, p90_ms, p99_ms, p99_low, p99_high; of those on opening that were answered or
    given up: opening_late_fraction, opening_p50_ms, opening_p99_ms, opening_p99_low,
    opening_p99_high; memory_mib (of the service, mean over blocks), kib_each, kib_low, kib_high
    (growth per connection opened: geometric mean over blocks, t interval on the log scale); holds:
    `is_held` of the `deciding` trials.
    """
    return _within(run, p99_limit_ms).copy()


@cached_per_run
def _within(run: Run, p99_limit_ms: float) -> pd.DataFrame:
    trials = measured(trials_table(run))
    trials = trials[trials["load_kind"] == "persistent"]
    responses = by_trial(request_counts(run, trials))
    opening = by_trial(request_counts(run, trials, phase="warmup"))  # every one sends a request
    rows = [
        dict(zip(_KEYS, key, strict=True)) | _load_row(group, responses, opening, p99_limit_ms)
        for key, group in trials.groupby(_KEYS, sort=False)
    ]
    frame = in_order(run, labelled(run, pd.DataFrame(rows, columns=[*_KEYS, *_COLUMNS])))
    return frame.sort_values(["idle", "connections"], kind="stable", ignore_index=True)


_Histograms = Mapping[tuple[Any, Any], Histogram]  # by number and attempt of the trial
_KEYS = [*CELL, "stack"]
_COLUMNS = (
    *("connections", "idle", "rate_per_s", "blocks", "suspect_blocks", "lost_fraction"),
    *("idle_open", "in_progress", "requests", "failed_fraction", "late_fraction"),
    *("p50_ms", "p50_low", "p50_high", "p90_ms", "p99_ms", "p99_low", "p99_high"),
    *("opening_late_fraction", "opening_p50_ms", "opening_p99_ms", "opening_p99_low"),
    *("opening_p99_high", "memory_mib", "kib_each", "kib_low", "kib_high", "holds"),
)


def _load_row(
    trials: pd.DataFrame, responses: _Histograms, opening: _Histograms, limit_ms: float
) -> dict[str, Any]:
    late, requests = late_requests(trials, responses, limit_ms)
    on_opening = _of(trials, opening)
    return (
        _size(trials)
        | _losses(trials)
        | {"requests": requests, "late_fraction": _share(late, requests)}
        | _percentiles(_of(trials, responses))
        | {"opening_late_fraction": _late_share(on_opening, limit_ms)}
        | {f"opening_{name}": value for name, value in _percentiles(on_opening).items()}
        | _memory(trials)
        | {"holds": _holds(deciding(trials), responses, limit_ms)}
    )


def _of(trials: pd.DataFrame, histograms: _Histograms) -> list[Histogram]:
    keys = zip(trials["number"], trials["attempt"], strict=True)
    return [histograms[key] for key in keys if key in histograms]


def _holds(trials: pd.DataFrame, responses: _Histograms, limit_ms: float) -> bool | None:
    return is_held(_lost_share(trials), *late_requests(trials, responses, limit_ms))


def _size(trials: pd.DataFrame) -> dict[str, Any]:
    first = trials.iloc[0]
    return {
        "connections": int(first["connections"]),
        "idle": int(first["idle"]),
        "rate_per_s": first["rate_per_s"],
        "blocks": len(trials),
        "suspect_blocks": int((trials["verdict"] == "suspect").sum()),
    }


def _losses(trials: pd.DataFrame) -> dict[str, Any]:
    sums = trials[["scheduled", "errors", "dropped"]].sum()
    return {
        "lost_fraction": _lost_share(trials),
        "idle_open": trials["idle_still_open"].mean(),
        "in_progress": trials["in_flight_mean"].mean(),
        "failed_fraction": _share(sums["errors"] + sums["dropped"], sums["scheduled"]),
    }


def _lost_share(trials: pd.DataFrame) -> float:
    """Return the lost share of all connections, whether they send requests or not."""
    sums = trials[["connections", "still_open", "idle", "idle_still_open"]].sum()
    opened = sums["connections"] + sums["idle"]
    return _share(opened - sums["still_open"] - sums["idle_still_open"], opened)


def _late_share(responses: Sequence[Histogram], limit_ms: float) -> float:
    times = merged(responses)
    return _share(len(times) - times.completed_within(limit_ms), len(times))


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else nan


def _percentiles(requests: Sequence[Histogram]) -> dict[str, float]:
    p50, p90, p99 = (percentile_estimate(requests, level) for level in (50, 90, 99))
    return {
        **{"p50_ms": p50.value, "p50_low": p50.low, "p50_high": p50.high},
        "p90_ms": p90.value,
        **{"p99_ms": p99.value, "p99_low": p99.low, "p99_high": p99.high},
    }


def _memory(trials: pd.DataFrame) -> dict[str, float]:
    known = trials["kib_per_connection"].dropna().tolist()
    each = geometric_mean(known) if known else Estimate(nan, nan, nan, 0)
    return {
        "memory_mib": trials["service_memory_mib"].mean(),
        "kib_each": each.value,
        "kib_low": each.low,
        "kib_high": each.high,
    }


def most_held(table: pd.DataFrame) -> pd.DataFrame:
    """Return how many connections each stack holds, from rows of `connections`: a row per stack.

    Columns: stack, title, framework, most (connections, including idle ones, of the largest load
    that it holds below the first one that it does not hold; 0 without one; loads that cannot be
    judged are passed over and counted in `unknown`), missed (of the smallest load
    that it does not hold; NaN without one), missed_idle (how many of those are idle), unknown
    (how many loads below `missed` cannot be judged), blocks, blocks_untouched (the fewest behind
    any load), kib_each, kib_low, kib_high (at the largest load without idle ones).
    """
    rows = [_most_row(group) for _, group in table.groupby("stack", sort=False)]
    return pd.DataFrame(rows, columns=list(_MOST_COLUMNS))


_MOST_COLUMNS = (
    *("stack", "title", "framework", "most", "missed", "missed_idle", "unknown", "blocks"),
    *("blocks_untouched", "kib_each", "kib_low", "kib_high"),
)


def _most_row(loads: pd.DataFrame) -> dict[str, Any]:
    loads = loads.assign(size=loads["connections"] + loads["idle"]).sort_values("size")
    missed = loads[loads["holds"].eq(False)].head(1)
    below = loads[loads["size"] < (missed["size"].iloc[0] if len(missed) else inf)]
    held = below.loc[below["holds"].eq(True), "size"]
    costs = loads[loads["idle"] == 0].tail(1)
    return {
        **{name: loads[name].iloc[0] for name in ("stack", "title", "framework")},
        "most": int(held.max()) if len(held) else 0,
        "missed": missed["size"].max(),
        "missed_idle": missed["idle"].max(),
        "unknown": int(below["holds"].isna().sum()),
        "blocks": int(loads["blocks"].min()),
        "blocks_untouched": int((loads["blocks"] - loads["suspect_blocks"]).min()),
        **{name: costs[name].max() for name in ("kib_each", "kib_low", "kib_high")},
    }
