"""Texts and tables of persistent connections."""

from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.figure_text import (
    SERVED_PERCENT,
    FigureText,
    interval_note,
    invalid_note,
    one_block_note,
    per_cell,
    ring_note,
)
from webtrial.results.base.formatting import (
    format_range,
    listed,
    number,
    percent,
    pluralize,
    whole_percent,
    with_interval,
)
from webtrial.results.base.result import Renderers
from webtrial.results.connections.estimate import most_held
from webtrial.results.connections.server_limits import keep_alive_exceptions_s, numeric_options
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
        "By number of connections, which together send requests at the same rate whatever their"
        " number. Left: memory of the service. Right: response time on a log scale, median and"
        f" (thin, above) 90th percentile; grey: limit of {number(p99_limit_ms)} ms for the 99th."
        f" Crosses: not held.{_NOT_DRAWN * has_idle} {interval_note(table)}"
        + ring_note(table["suspect_blocks"])
        + invalid_note(invalid)
    )
    title = "With requests on every connection, " * has_idle + held_text(most_held(table))
    return FigureText(title + one_block_note(table), alt, caption)


_NOT_DRAWN = " Loads with connections that never send a request are not drawn."


def held_text(most: pd.DataFrame) -> str:
    """Return how many connections each stack holds, from `most_held`.

    Example: `FastAPI holds at least 5,000 connections; Django and Flask hold 100 (not 300 if 200 of
    them never send a request)`.
    """
    texts = [
        f"{listed(titles)} {'holds' if len(titles) == 1 else 'hold'} {how_many}"
        for how_many, titles in _by_number(most).items()
    ]
    return "; ".join(texts)


def _by_number(most: pd.DataFrame) -> dict[str, list[str]]:
    titles: dict[str, list[str]] = {}
    for row in rows_of(most):
        titles.setdefault(_number_held(row), []).append(row["title"])
    return titles


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
            f"at least {pluralize(most, 'connection')}"
            if most
            else "an unknown number of connections"
        )
    if not most:
        return f"fewer than {pluralize(int(missed), 'connection')}{idle}"
    return f"{pluralize(most, 'connection')} (not {missed:,.0f}{idle})"


def held_table(table: pd.DataFrame, p99_limit_ms: float) -> Table | Prose:
    """Return the `connections` that all send requests; empty prose if there are none."""
    sending = table[table["idle"] == 0]
    if sending.empty:
        return Prose("")
    limit = f"{number(p99_limit_ms)} ms"
    columns = {"title": "stack", "connections": "connections", "lost_fraction": "lost"}
    columns |= {"opening_p50_ms": "median on opening (ms)", "opening_p99": "99th on opening"}
    columns |= {"opening_late_fraction": f"over {limit} on opening", "requests": "later requests"}
    columns |= {"failed_fraction": "failed", "p50_ms": "later median (ms)", "p99": "later 99th"}
    columns |= {"late_fraction": f"not within {limit}", "in_progress": "in progress"}
    columns |= {"memory_mib": "memory (MiB)", "span": "KiB each", "held": "held"}
    texts = {
        "span": [_kib_each_text(row) for row in rows_of(sending)],
        "opening_p99": [_tail_text(row, "opening_p99") for row in rows_of(sending)],
        "p99": [_tail_text(row, "p99") for row in rows_of(sending)],
    }
    return Table(
        _with_held(sending.assign(**texts)),
        f"Connections that together send {number(float(sending['rate_per_s'].iloc[0]), 3)} requests"
        " per second: median and 99th percentile (95 % interval) of the requests on opening and of"
        " later ones. –: too few requests, or no interval. In progress: mean number of connections"
        " with a request in progress. KiB each: memory by which the service grew per connection"
        " (95 % interval).",
        columns,
        dict.fromkeys([name for name in columns if name.endswith("_fraction")], percent),
    )


def _tail_text(row: dict[str, Any], name: str) -> str:
    """Format a 99th percentile with its interval; – without one."""
    value, low, high = (row[f"{name}_{end}"] for end in ("ms", "low", "high"))
    return "–" if pd.isna(low) else with_interval(value, low, high)


def _kib_each_text(row: dict[str, Any]) -> str:
    return with_interval(row["kib_each"], row["kib_low"], row["kib_high"])


def idle_table(table: pd.DataFrame) -> Table | Prose:
    """Return `connections` with idle ones, and the same number without.

    A sentence if there are no idle ones.
    """
    sizes = table.loc[table["idle"] > 0, "connections"].unique()
    if not len(sizes):
        return Prose("*This run has no idle connections.*")
    columns = {"title": "stack", "connections": "sending requests", "idle": "idle"}
    columns |= {"idle_open": "idle, open at the end", "requests": "requests"}
    columns |= {"failed_fraction": "failed", "p50_ms": "median (ms)", "p90_ms": "90th (ms)"}
    return Table(
        _with_held(table[table["connections"].isin(sizes)]),
        "Requests of the other connections, without and with idle ones, which are opened and never"
        " send a request. Failed: includes requests that were not sent because the previous one had"
        " no response.",
        columns | {"held": "held"},
        {"failed_fraction": percent},
    )


def _with_held(table: pd.DataFrame) -> pd.DataFrame:
    held = table["holds"].map({True: "yes", False: "no"}).fillna("undecided")
    return table.assign(held=held)


def servers_table(run: Run) -> Table | Prose:
    """Return the server settings of the stacks that hold connections; empty prose if none do."""
    stacks = run.manifest.stacks
    options = {
        name: numeric_options(run, name) for name in run.manifest.parameters.stacks_with_persistent
    }
    rows = [
        {
            "server": stacks[name]["server"],
            "title": title_of(name, stacks),
            "options": _options_text(each),
        }
        for name, each in options.items()
        if each
    ]
    if not rows:
        return Prose("")
    groups = pd.DataFrame(rows).groupby(["server", "options"], sort=False)["title"]
    return Table(
        groups.agg("; ".join).reset_index(),
        "Numeric command-line options of each server.",
        {"server": "server", "title": "stacks", "options": "options"},
    )


def _options_text(options: dict[str, float]) -> str:
    return ", ".join(f"{name.lstrip('-')} {value:g}" for name, value in options.items())


def connections_text(run: Run, table: pd.DataFrame, p99_limit_ms: float) -> Prose:
    """Summarise `connections`: how many each stack holds, compared with the article.

    Also defines "held", and states how many connections are idle, what each costs and how long the
    servers keep them.
    """
    sending = table[table["idle"] == 0]
    if sending.empty:
        return Prose("")
    most = most_held(table)
    sentences = [
        f"{held_text(most)}{one_block_note(table)}.",
        _with_requests(sending, most),
        _rule(p99_limit_ms),
        _article_sentence(most),
        _in_progress_sentence(sending),
        _memory_sentence(most),
        _keep_alive_sentence(run),
    ]
    return Prose(" ".join(filter(None, sentences)))


def _rule(p99_limit_ms: float) -> str:
    return (
        f"Held means: at most {whole_percent(TOLERATED_SHARE)} of the connections were lost, and at"
        f" least {SERVED_PERCENT} of the requests were answered within {number(p99_limit_ms)} ms; a"
        " request that failed or could not be sent counts as late."
    )


def _with_requests(sending: pd.DataFrame, most: pd.DataFrame) -> str:
    """Return how many connections are held if each sends requests.

    "" unless idle connections reduce that number.
    """
    if not (most["missed_idle"] > 0).any():
        return ""
    return f"With requests on every connection, {held_text(most_held(sending))}."


CLAIMED_CONNECTIONS = {"django": "500", "flask": "500", "fastapi": "5,000 or more"}
"""How many connections each framework holds according to the article, by stack as deployed."""


def _article_sentence(most: pd.DataFrame) -> str:
    texts = [
        f"{row['title']} {CLAIMED_CONNECTIONS[row['stack']]}"
        for row in rows_of(most)
        if row["stack"] in CLAIMED_CONNECTIONS
    ]
    return f"The article's numbers: {', '.join(texts)}." if texts else ""


def _in_progress_sentence(sending: pd.DataFrame) -> str:
    largest = sending[sending["connections"] == sending["connections"].max()]
    in_progress = format_range(largest["in_progress"].tolist())
    size = pluralize(int(largest["connections"].iloc[0]), "connection")
    return (
        f"Of {size}, {in_progress} had a request in progress on average; the others were between"
        " requests."
    )


def _memory_sentence(most: pd.DataFrame) -> str:
    if most["kib_each"].isna().all():
        return ""
    texts = [f"{row['title']} {number(row['kib_each'])}" for row in rows_of(most)]
    return (
        f"A connection takes at least this much memory of the service, in KiB: {', '.join(texts)}."
        " It may take more, because a process reuses memory from earlier loads with fewer"
        " connections."
    )


def _keep_alive_sentence(run: Run) -> str:
    """Return how long idle connections are kept, and which stacks keep them for less."""
    budget_s = run.manifest.budgets.get("keep_alive_s")
    if budget_s is None:
        return ""
    measured = run.manifest.parameters.stacks_with_persistent
    exceptions = [
        f"; {title_of(name, run.manifest.stacks)} for at most {limit_s:g} s"
        for name, limit_s in keep_alive_exceptions_s(run).items()
        if name in measured
    ]
    return f"Servers keep an idle connection open for {budget_s:g} s{''.join(exceptions)}."


def idle_text(table: pd.DataFrame) -> Prose:
    """Return the effect of idle connections on those that send requests."""
    idle = table[table["idle"] > 0]
    sentences = [
        f"With {size:,} idle connections open, these shares of the other requests were answered:"
        f" {', '.join(_answered_share(row) for row in rows_of(part))}."
        for size, part in idle.groupby("idle", sort=False)
    ]
    return Prose(" ".join(sentences))


def _answered_share(row: dict[str, Any]) -> str:
    return f"{row['title']} {percent(1 - row['failed_fraction'])}"


TABLES: Renderers = {
    "held": lambda result: held_table(result.data, result.p99_limit_ms),
    "servers": lambda result: servers_table(result.run),
    "idle": lambda result: idle_table(result.data),
}
TEXTS: Renderers = {
    "held": lambda result: connections_text(result.run, result.data, result.p99_limit_ms),
    "idle": lambda result: idle_text(result.data),
}
