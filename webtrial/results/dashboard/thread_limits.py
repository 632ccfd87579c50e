"""Whether threads or CPU time limit the dashboard throughput of a stack with threads.

A thread that waits for upstreams serves no other request. The number of threads divided by the
waiting time per request is therefore an upper bound on the requests per second. Stacks reach less,
because threads also compute and wait for PostgreSQL and for a core.
"""

from math import nan
from typing import Any

import pandas as pd

from webtrial.results.dashboard.estimate import dashboard_parts
from webtrial.run.store import Run
from webtrial.stats.estimates import CELL, at_main_load, throughput_table
from webtrial.stats.frames import rows_of
from webtrial.stats.trials import measured, trials_table

SCENARIO = "dashboard"
NEAR = 0.9
"""The share of a bound from which on the bound counts as the limit of a stack."""

_COSTS = (
    "cpu_ms_per_request",
    "database_cpu_ms_per_request",
    "upstreams_cpu_ms_per_request",
)


def thread_limits(run: Run) -> pd.DataFrame:
    """Return the stacks with threads on the dashboard at its main closed load, a row each.

    Empty if the run does not say how many threads a stack has.

    Columns: load, stack, title, framework, sources (how they are called), threads, waiting_ms (time
    that a request waits for upstreams: the sum in turn, the slowest at once), bound_per_s (threads
    / waiting), value, low, high (requests per second, geometric mean over blocks, t interval),
    blocks, suspect_blocks, used_fraction (of the bound), processes_busy (CPU time of the service
    divided by that of one core for each of its processes, because a Python process computes on one
    core at a time), cores_busy (CPU time of service, PostgreSQL and upstreams divided by that of
    the cores they share; NaN if either is unknown), limit (threads, CPU time, both or neither:
    whatever reaches NEAR).
    """
    budgets, stacks = run.manifest.budgets, run.manifest.stacks
    threads = budgets.get("threads_per_process", 0) * budgets.get("server_processes", 1)
    parts = at_main_load(dashboard_parts(run))
    keys = [*CELL, "stack"]
    rates = throughput_table(run)[[*keys, "value", "low", "high"]]
    rows = parts[[*keys, "title", "framework", "in_turn_ms", "slowest_ms", *_BASIS]]
    rows = rows.merge(rates, on=keys).merge(_busy(run), on=keys)
    rows = rows[[threads > 0 and _waits(stacks[name]) for name in rows["stack"]]]
    limits = [_row(row, threads, str(stacks[row["stack"]]["sources"])) for row in rows_of(rows)]
    return pd.DataFrame(limits, columns=list(_COLUMNS))


_BASIS = ("blocks", "suspect_blocks")
_COLUMNS = (
    *("load", "stack", "title", "framework", "sources", "threads", "waiting_ms", "bound_per_s"),
    *("value", "low", "high", *_BASIS),
    *("used_fraction", "processes_busy", "cores_busy", "limit"),
)


def _waits(stack: dict[str, Any]) -> bool:
    """Whether a request of the stack holds a thread while it waits for upstreams."""
    return stack.get("concurrency") == "threads" and stack.get("sources") in ("in turn", "threads")


def _row(row: dict[str, Any], threads: int, sources: str) -> dict[str, Any]:
    waiting_ms = row["in_turn_ms"] if sources == "in turn" else row["slowest_ms"]
    bound_per_s = 1000 * threads / waiting_ms
    used = row["value"] / bound_per_s
    is_busy = any(row[name] >= NEAR for name in ("processes_busy", "cores_busy"))
    return row | {
        "sources": sources,
        "threads": threads,
        "waiting_ms": waiting_ms,
        "bound_per_s": bound_per_s,
        "used_fraction": used,
        "limit": _LIMITS[bool(used >= NEAR), is_busy],
    }


_LIMITS = {
    (True, True): "both",
    (True, False): "threads",
    (False, True): "CPU time",
    (False, False): "neither",
}


def _busy(run: Run) -> pd.DataFrame:
    """Return `processes_busy` and `cores_busy`, means over trials, by cell and stack."""
    trials, budgets = measured(trials_table(run)), run.manifest.budgets
    cores = len(budgets.get("service_cores", ())) or nan
    per_s = trials["throughput_per_s"] / 1000
    total_ms = trials[list(_COSTS)].sum(axis=1, skipna=False)
    shares = trials.assign(
        processes_busy=per_s * trials[_COSTS[0]] / budgets.get("server_processes", 1),
        cores_busy=per_s * total_ms / cores,
    )
    groups = shares.groupby([*CELL, "stack"], sort=False)
    return groups[["processes_busy", "cores_busy"]].mean().reset_index()
