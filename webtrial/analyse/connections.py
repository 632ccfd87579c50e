"""Connections that are held: what becomes of them, what they cost, how many a stack holds.

Each asks on opening and at equal intervals after that, all together at one rate however many they
are: what differs between two loads is connections, not work. Silent ones never ask.
"""

from collections.abc import Sequence
from math import nan
from typing import Any

import pandas as pd
from scipy.stats import binomtest

from webtrial.analyse.capacity import P99_LIMIT_MS
from webtrial.analyse.counting import by_trial, counted
from webtrial.analyse.estimates import CELL, in_order, labelled
from webtrial.analyse.headline import FAILING
from webtrial.analyse.histogram import Histogram, merged
from webtrial.analyse.latency import percentile_estimate
from webtrial.analyse.statistics import CONFIDENCE, Estimate, geometric_mean
from webtrial.analyse.summary import measured, trials_table
from webtrial.records import Phase
from webtrial.runs import Run


def connections(run: Run, p99_limit_ms: float = P99_LIMIT_MS) -> pd.DataFrame:
    """What became of connections that were held: a row per load and stack, silent ones last.

    Columns: scenario, load_kind, load, stack, title, framework, connections, silent, rate_per_s,
    blocks, suspect_blocks; of the connections lost_fraction (refused, or ended before the load
    did), silent_open (silent ones open at the end, mean over blocks), in_progress (those with a
    request in progress, mean over the window); of the requests in the windows: requests (that
    were meant to be sent), failed_fraction (failed, timed out, or not sent since the connection
    still waited), late_fraction (of those answered or given up: took longer than `p99_limit_ms`),
    p50_ms, p50_low, p50_high, p90_ms, p99_ms; of those on opening opening_late_fraction,
    opening_p50_ms, opening_p99_ms; memory_mib (of the service, mean over blocks), kib_each,
    kib_low, kib_high (that it grew by, per connection opened: mean over blocks, t interval); holds:
    whether at most FAILING are lost, fail and are late, None where so few requests cannot tell.
    What was asked on opening has no part in it but by what is lost: how fast connections are opened
    is the plan's choice.
    """
    trials = measured(trials_table(run))
    trials = trials[trials["load_kind"] == "held"]
    rows = [
        dict(zip(_PLACE, key, strict=True)) | _load(run, group, p99_limit_ms)
        for key, group in trials.groupby(_PLACE, sort=False)
    ]
    frame = in_order(run, labelled(run, pd.DataFrame(rows, columns=[*_PLACE, *_COLUMNS])))
    return frame.sort_values(["silent", "connections"], kind="stable", ignore_index=True)


_PLACE = [*CELL, "stack"]
_COLUMNS = (
    *("connections", "silent", "rate_per_s", "blocks", "suspect_blocks", "lost_fraction"),
    *("silent_open", "in_progress", "requests", "failed_fraction", "late_fraction"),
    *("p50_ms", "p50_low", "p50_high", "p90_ms", "p99_ms", "opening_late_fraction"),
    *("opening_p50_ms", "opening_p99_ms", "memory_mib", "kib_each", "kib_low", "kib_high", "holds"),
)


def _load(run: Run, trials: pd.DataFrame, limit_ms: float) -> dict[str, Any]:
    opening, later = (_requests(run, trials, phase) for phase in ("warmup", "measured"))
    found = (
        _size(trials)
        | _fate(trials)
        | _late(later, limit_ms)
        | _percentiles(later)
        | {f"opening_{name}": value for name, value in _late(opening, limit_ms).items()}
        | {f"opening_{name}": value for name, value in _percentiles(opening).items()}
        | _memory(trials)
    )
    return found | {"holds": _holds(found)}


def _requests(run: Run, trials: pd.DataFrame, phase: Phase) -> list[Histogram]:
    """Those of each block. All are asked for on opening while the warm-up lasts."""
    return list(by_trial(counted(run, trials, phase=phase)).values())


def _size(trials: pd.DataFrame) -> dict[str, Any]:
    first = trials.iloc[0]
    return {
        "connections": int(first["connections"]),
        "silent": int(first["silent"]),
        "rate_per_s": first["rate_per_s"],
        "blocks": len(trials),
        "suspect_blocks": int((trials["verdict"] == "suspect").sum()),
    }


def _fate(trials: pd.DataFrame) -> dict[str, Any]:
    sums = trials[["scheduled", "errors", "dropped", "connections", *_LOST]].sum()
    return {
        "lost_fraction": sums[list(_LOST)].sum() / sums["connections"],
        "silent_open": trials["silent_still_open"].mean(),
        "in_progress": trials["in_flight_mean"].mean(),
        "requests": int(sums["scheduled"]),
        "failed_fraction": _share(sums["errors"] + sums["dropped"], sums["scheduled"]),
    }


_LOST = ("refused", "reset", "given_up")


def _late(requests: Sequence[Histogram], limit_ms: float) -> dict[str, Any]:
    together = merged(requests)
    late, answered = together.slower_than(limit_ms), len(together)
    return {"late": late, "answered": answered, "late_fraction": _share(late, answered)}


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else nan


def _percentiles(requests: Sequence[Histogram]) -> dict[str, float]:
    middle, slow, slowest = (percentile_estimate(requests, level) for level in (50, 90, 99))
    spans = {"p50_low": middle.low, "p50_high": middle.high}
    return {"p50_ms": middle.value, **spans, "p90_ms": slow.value, "p99_ms": slowest.value}


def _memory(trials: pd.DataFrame) -> dict[str, float]:
    known = trials["kib_per_connection"].dropna().tolist()
    each = geometric_mean(known) if known else Estimate(nan, nan, nan, 0)
    return {
        "memory_mib": trials["service_memory_mib"].mean(),
        "kib_each": each.value,
        "kib_low": each.low,
        "kib_high": each.high,
    }


def _holds(found: dict[str, Any]) -> bool | None:
    if found["lost_fraction"] > FAILING or found["failed_fraction"] > FAILING:
        return False
    return _is_rare(found["late"], found["answered"])


def _is_rare(late: int, answered: int) -> bool | None:
    """Whether at most FAILING of the requests are late, so that the 99th percentile is within the
    limit: None where the one-sided 95 % bounds of the share (Clopper and Pearson, Biometrika 26,
    1934) allow for both."""
    if not answered:
        return None
    share = binomtest(late, answered).proportion_ci(2 * CONFIDENCE - 1, "exact")
    return True if share.high <= FAILING else False if share.low > FAILING else None


def most_held(table: pd.DataFrame) -> pd.DataFrame:
    """How many connections each stack holds, by `connections`: a row per stack.

    Columns: stack, title, framework, most (the largest load that it holds, 0 where it holds none),
    missed (the smallest above it that it does not hold; NaN where there is none), unknown (the
    loads above it that cannot be judged), kib_each, kib_low, kib_high (at the largest load).
    Silent connections have no part in it.
    """
    asking = table[table["silent"] == 0]
    rows = [_most(group) for _, group in asking.groupby("stack", sort=False)]
    return pd.DataFrame(rows, columns=list(_MOST))


_MOST = (
    *("stack", "title", "framework", "most", "missed", "unknown"),
    *("kib_each", "kib_low", "kib_high"),
)


def _most(loads: pd.DataFrame) -> dict[str, Any]:
    largest = loads.nlargest(1, "connections").iloc[0]
    held = loads.loc[loads["holds"].eq(True), "connections"]
    most = int(held.max()) if len(held) else 0
    above = loads[loads["connections"] > most]
    return {
        **{name: largest[name] for name in ("stack", "title", "framework")},
        "most": most,
        "missed": above.loc[above["holds"].eq(False), "connections"].min(),
        "unknown": int(above["holds"].isna().sum()),
        **{name: largest[name] for name in ("kib_each", "kib_low", "kib_high")},
    }
