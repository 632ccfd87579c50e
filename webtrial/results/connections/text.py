"""Texts and tables of persistent connections."""

from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.figure_text import (
    SERVED_PERCENT,
    FigureText,
    interval_note,
    left_out_note,
    one_block_note,
    per_cell,
    ring_note,
)
from webtrial.results.base.formatting import (
    counted,
    format_range,
    listed,
    number,
    percent,
    whole_percent,
    with_interval,
)
from webtrial.results.base.result import Shows
from webtrial.results.connections.estimate import most_held
from webtrial.results.connections.server_limits import keep_alive_exceptions_s, numbers_told
from webtrial.run.store import Run
from webtrial.stats.frames import rows_of
from webtrial.stats.pairs import title_of
from webtrial.stats.thresholds import TOLERATED_SHARE


def connections_figure_text(
    table: pd.DataFrame, p99_limit_ms: float, invalid: int, has_idle: bool = False
) -> FigureText:
    """Return the figure text of `connections` that all send requests: how many each stack holds.

    `has_idle`: the run also has connections that never send a request; they are not drawn.
    """
    alt = "Median response time in milliseconds and memory in MiB. " + per_cell(
        table, lambda row: f"{row['title']} {number(row['p50_ms'])} and {number(row['memory_mib'])}"
    )
    caption = (
        "Against the connections held, which ask at one rate in all however many they are. Left:"
        " memory of the service. Right: response time, median and (thin, above) 90th percentile, on"
        f" a log scale; grey: the limit of {number(p99_limit_ms)} ms for the 99th. Crossed: not"
        f" held.{_NOT_DRAWN * has_idle} {interval_note(table)}"
        + ring_note(table["suspect_blocks"])
        + left_out_note(invalid)
    )
    title = "With requests on every connection, " * has_idle + held_text(most_held(table))
    return FigureText(title + one_block_note(table), alt, caption)


_NOT_DRAWN = " Loads with connections that never send a request are not drawn."


def held_text(most: pd.DataFrame) -> str:
    """Return how many connections each stack holds, from `most_held`.

    Example: `FastAPI holds at least 5,000 connections; Django and Flask hold 100 (not 300 if 200 of
    them never send a request)`.
    """
    told = [
        f"{listed(titles)} {'holds' if len(titles) == 1 else 'hold'} {how_many}"
        for how_many, titles in _by_number(most).items()
    ]
    return "; ".join(told)


def _by_number(most: pd.DataFrame) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows_of(most):
        found.setdefault(_number_held(row), []).append(row["title"])
    return found


def _number_held(row: dict[str, Any]) -> str:
    """Return how many connections a stack holds; numbers that cannot be judged are not mentioned.

    Examples: `at least 5,000 connections`, `1,000 connections (not 5,000)`,
    `fewer than 100 connections`.
    """
    most, missed = row["most"], row["missed"]
    idle = f" if {row['missed_idle']:,.0f} of them never send a request"
    idle *= row["missed_idle"] > 0
    if not isfinite(missed):
        return (
            f"at least {counted(most, 'connection')}"
            if most
            else "an unknown number of connections"
        )
    if not most:
        return f"fewer than {counted(int(missed), 'connection')}{idle}"
    return f"{counted(most, 'connection')} (not {missed:,.0f}{idle})"


def held_table(table: pd.DataFrame, p99_limit_ms: float) -> Table | Prose:
    """Return the `connections` that all send requests; empty prose if there are none."""
    asking = table[table["idle"] == 0]
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
    """Format a 99th percentile with its interval; – without one."""
    value, low, high = (row[f"{name}_{end}"] for end in ("ms", "low", "high"))
    return "–" if pd.isna(low) else with_interval(value, low, high)


def _each(row: dict[str, Any]) -> str:
    return with_interval(row["kib_each"], row["kib_low"], row["kib_high"])


def idle_table(table: pd.DataFrame) -> Table | Prose:
    """Return `connections` with idle ones, and the same number without.

    A sentence if there are no idle ones.
    """
    sizes = table.loc[table["idle"] > 0, "connections"].unique()
    if not len(sizes):
        return Prose("*In this run no connection was opened and then left idle.*")
    columns = {"title": "stack", "connections": "asking", "idle": "idle ones as well"}
    columns |= {"idle_open": "of these open at the end", "requests": "requests"}
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


def servers_table(run: Run) -> Table | Prose:
    """Return the server settings of the stacks that hold connections; empty prose if none do."""
    stacks = run.manifest.stacks
    told = {
        name: numbers_told(run, name) for name in run.manifest.parameters.stacks_with_persistent
    }
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


def connections_text(run: Run, table: pd.DataFrame, p99_limit_ms: float) -> Prose:
    """Summarise `connections`: how many each stack holds, compared with the article.

    Also defines "held", and states how many connections are idle, what each costs and how long the
    servers keep them.
    """
    asking = table[table["idle"] == 0]
    if asking.empty:
        return Prose("")
    most = most_held(table)
    return Prose(
        f"{held_text(most)}{one_block_note(table)}. {_with_requests(asking, most)}Held: at most"
        f" {whole_percent(TOLERATED_SHARE)} of the connections were lost, and at least"
        f" {SERVED_PERCENT} of the requests were answered within {number(p99_limit_ms)} ms; one"
        f" that failed or could not be sent counts as late. {_claimed(most)}{_idle(asking)}"
        f" {_each_in_words(most)}{_kept(run)}"
    )


def _with_requests(asking: pd.DataFrame, most: pd.DataFrame) -> str:
    """Return how many connections are held if each sends requests.

    "" unless idle connections reduce that number.
    """
    if not (most["missed_idle"] > 0).any():
        return ""
    return f"With requests on every connection, {held_text(most_held(asking))}. "


CLAIMED_CONNECTIONS = {"django": "500", "flask": "500", "fastapi": "5,000 or more"}
"""How many connections each framework holds according to the article, by stack as deployed."""


def _claimed(most: pd.DataFrame) -> str:
    told = [
        f"{row['title']} {CLAIMED_CONNECTIONS[row['stack']]}"
        for row in rows_of(most)
        if row["stack"] in CLAIMED_CONNECTIONS
    ]
    return f"The article's numbers: {', '.join(told)}. " if told else ""


def _idle(asking: pd.DataFrame) -> str:
    largest = asking[asking["connections"] == asking["connections"].max()]
    busy = format_range(largest["in_progress"].tolist())
    size = counted(int(largest["connections"].iloc[0]), "connection")
    return f"Of {size}, {busy} had a request in progress on average: the others were idle."


def _each_in_words(most: pd.DataFrame) -> str:
    told = [f"{row['title']} {number(row['kib_each'])}" for row in rows_of(most)]
    known = most["kib_each"].notna().any()
    return (
        f"A connection takes at least, in KiB of the service's memory: {', '.join(told)}; what a"
        " process kept from fewer connections before is used again."
        if known
        else ""
    )


def _kept(run: Run) -> str:
    """Return how long idle connections are kept, and which stacks keep them for less."""
    asked_s = run.manifest.budgets.get("keep_alive_s")
    if asked_s is None:
        return ""
    measured = run.manifest.parameters.stacks_with_persistent
    less = [
        f"{title_of(name, run.manifest.stacks)} keeps them for at most {kept_s:g} s"
        for name, kept_s in keep_alive_exceptions_s(run).items()
        if name in measured
    ]
    return f" Servers keep an idle connection for {asked_s:g} s{''.join(f', {x}' for x in less)}."


def idle_text(table: pd.DataFrame) -> Prose:
    """Return the effect of idle connections on those that send requests."""
    idle = table[table["idle"] > 0]
    told = [
        f"beside {size:,} silent ones {', '.join(_answered(row) for row in rows_of(part))}"
        for size, part in idle.groupby("idle", sort=False)
    ]
    return Prose(f"Of the requests of the others were answered: {'; '.join(told)}." if told else "")


def _answered(row: dict[str, Any]) -> str:
    return f"{row['title']} {percent(1 - row['failed_fraction'])}"


TABLES: Shows = {
    "held": lambda found: held_table(found.data, found.p99_limit_ms),
    "servers": lambda found: servers_table(found.run),
    "idle": lambda found: idle_table(found.data),
}
TEXTS: Shows = {
    "held": lambda found: connections_text(found.run, found.data, found.p99_limit_ms),
    "idle": lambda found: idle_text(found.data),
}
