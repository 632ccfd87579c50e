"""Held connections as tables."""

from typing import Any

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.formatting import interval, number, percent
from webtrial.results.connections.server_limits import numbers_told
from webtrial.run.store import Run
from webtrial.stats.frames import rows_of
from webtrial.stats.pairs import title_of


def connections_as_table(table: pd.DataFrame, p99_limit_ms: float) -> Table | Prose:
    """`connections` that ask; nothing of none."""
    asking = table[table["silent"] == 0]
    if asking.empty:
        return Prose("")
    limit = f"{number(p99_limit_ms)} ms"
    columns = {"title": "stack", "connections": "connections", "lost_fraction": "lost"}
    columns |= {"opening_p50_ms": "on opening (ms)", "opening_p99": "99th"}
    columns |= {"opening_late_fraction": f"over {limit} then", "requests": "later requests"}
    columns |= {"failed_fraction": "failed", "p50_ms": "later (ms)", "p99": "99th, later"}
    columns |= {"late_fraction": f"not within {limit}", "in_progress": "in progress"}
    columns |= {"memory_mib": "memory (MiB)", "span": "KiB each", "held": "held"}
    texts = {
        "span": [_each(row) for row in rows_of(asking)],
        "opening_p99": [_tail_text(row, "opening_p99") for row in rows_of(asking)],
        "p99": [_tail_text(row, "p99") for row in rows_of(asking)],
    }
    return Table(
        _with_held(asking.assign(**texts)),
        f"Connections that together ask {number(float(asking['rate_per_s'].iloc[0]), 3)} times a"
        " second: median and 99th percentile (95 % interval) of what each asked on opening, and"
        " later. –: too few requests, or no interval. In progress: connections with a request on"
        " its way, on average; the others are idle. KiB each: what the service grew by (95 %"
        " interval).",
        columns,
        dict.fromkeys([name for name in columns if name.endswith("_fraction")], percent),
    )


def _tail_text(row: dict[str, Any], name: str) -> str:
    """A 99th percentile with its interval; – without one."""
    value, low, high = (row[f"{name}_{end}"] for end in ("ms", "low", "high"))
    return "–" if pd.isna(low) else f"{number(value, 3)} ({interval(low, high)})"


def _each(row: dict[str, Any]) -> str:
    span = "" if pd.isna(row["kib_low"]) else f" ({interval(row['kib_low'], row['kib_high'])})"
    return number(row["kib_each"]) + span


def silent_as_table(table: pd.DataFrame) -> Table | Prose:
    """`connections` that ask beside silent ones, and as many without; a word of none."""
    sizes = table.loc[table["silent"] > 0, "connections"].unique()
    if not len(sizes):
        return Prose("*In this run no connection was opened and then left silent.*")
    columns = {"title": "stack", "connections": "asking", "silent": "silent beside them"}
    columns |= {"silent_open": "of these open at the end", "requests": "requests"}
    columns |= {"failed_fraction": "failed", "p50_ms": "median (ms)", "p90_ms": "90th"}
    return Table(
        _with_held(table[table["connections"].isin(sizes)]),
        "What others are answered beside connections that open and never ask. Failed: or not sent,"
        " since the one before was not answered.",
        columns | {"held": "held"},
        {"failed_fraction": percent},
    )


def _with_held(table: pd.DataFrame) -> pd.DataFrame:
    told = table["holds"].map({True: "yes", False: "no"}).fillna("cannot be told")
    return table.assign(held=told)


def servers_as_table(run: Run) -> Table | Prose:
    """What the servers of the stacks that hold connections were told; nothing of none."""
    stacks = run.manifest.stacks
    told = {name: numbers_told(run, name) for name in run.manifest.parameters.holders}
    rows = [
        {"server": stacks[name]["server"], "title": title_of(name, stacks), "told": _options(each)}
        for name, each in told.items()
        if each
    ]
    if not rows:
        return Prose("")
    groups = pd.DataFrame(rows).groupby(["server", "told"], sort=False)["title"]
    return Table(
        groups.agg("; ".join).reset_index(),
        "How each server was told to hold connections.",
        {"server": "server", "title": "stacks", "told": "told"},
    )


def _options(told: dict[str, float]) -> str:
    return ", ".join(f"{name.lstrip('-')} {value:g}" for name, value in told.items())
