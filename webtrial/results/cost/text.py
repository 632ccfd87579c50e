"""Texts and tables of CPU time per request, of the floor and of where a request spends its time."""

from collections import Counter
from typing import Any

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.figure_text import (
    FigureText,
    interval_note,
    left_out_note,
    one_block_note,
    per_cell,
    ring_note,
)
from webtrial.results.base.formatting import (
    HUMANIZED,
    STACK_COLUMNS,
    counted,
    format_range,
    humanize,
    listed,
    number,
    percent,
)
from webtrial.results.base.ratio_labels import with_span
from webtrial.results.base.result import Shows
from webtrial.results.cost.request_time import PARTS
from webtrial.run.store import Run
from webtrial.stats.frames import furthest_apart, rows_of
from webtrial.stats.pairs import is_deployed


def cost_figure_text(costs: pd.DataFrame, invalid: int) -> FigureText:
    """Return the figure text of `cost_table` at one load per scenario."""
    title = "CPU time per request was not observed"
    if len(costs):
        least, most = furthest_apart(costs, "total_ms")
        title = (
            f"A request of {humanize(most['scenario'])} costs {number(most['total_ms'])} ms of CPU"
            f" time with {most['title']}, {number(least['total_ms'])} ms with {least['title']}"
            f"{one_block_note(costs)}"
        )
    alt = "CPU-milliseconds per request (service, PostgreSQL, upstreams). " + per_cell(
        costs,
        lambda row: (
            f"{row['title']} {number(row['service_ms'])} + {number(row['database_ms'])} +"
            f" {number(row['upstreams_ms'])}"
        ),
    )
    caption = (
        "CPU time per answered request: full colour the service, lighter PostgreSQL, lightest the"
        f" upstreams. {interval_note(costs)} They belong to the sum.{_unobserved(costs)}"
        + ring_note(costs["suspect_blocks"])
        + left_out_note(invalid)
    )
    return FigureText(title, alt, caption)


def _unobserved(costs: pd.DataFrame) -> str:
    parts = {"service_ms": "service", "database_ms": "PostgreSQL", "upstreams_ms": "upstreams"}
    missing = [name for column, name in parts.items() if costs[column].isna().any()]
    said = f" – is CPU time that was not observed and is in no sum: {listed(missing)}."
    return said if missing else ""


def request_time_figure_text(table: pd.DataFrame, invalid: int) -> FigureText:
    """Return the figure text of `request_time`: the largest part of a request, by scenario."""
    most = [
        _mostly(str(scenario), part) for scenario, part in table.groupby("scenario", sort=False)
    ]
    title = f"Most of a request's time is {'; '.join(most)}{one_block_note(table)}"
    alt = "Mean milliseconds per request. " + per_cell(table, _time_text)
    caption = (
        "Where the mean response time of a request goes: a mark per part and a bar at the whole, on"
        " a log scale; less than a hundredth of a millisecond is not drawn. Waiting for its turn"
        " (for a thread, the interpreter or a core) is what the other parts leave."
        + _unknown(table)
        + _exceeding(table)
        + ring_note(table["suspect_blocks"])
        + left_out_note(invalid)
    )
    return FigureText(title, alt, caption)


def _time_text(row: dict[str, Any]) -> str:
    parts = [f"{name} {number(row[column])}" for column, name in PARTS.items() if row[column] > 0]
    return f"{row['title']} {number(row['response_ms'])} ({', '.join(parts)})"


def _mostly(scenario: str, part: pd.DataFrame) -> str:
    """Return the largest part: `waiting for its turn in user detail (77 to 98 %)`."""
    shares = [
        {name: row[name] / (row["response_ms"] + row["excess_ms"]) for name in PARTS}
        for row in rows_of(part.fillna(dict.fromkeys(PARTS, 0.0)))
    ]
    largest = [max(each, key=lambda name: each[name]) for each in shares]
    (named, count), *_ = Counter(largest).most_common()
    mostly = [
        100 * each[named] for each, most in zip(shares, largest, strict=True) if most == named
    ]
    of = "" if count == len(part) else f", {count} of {counted(len(part), 'stack')}"
    return f"{PARTS[named]} in {humanize(scenario)} ({format_range(mostly)} %{of})"


def _unknown(table: pd.DataFrame) -> str:
    names = list(
        dict.fromkeys(name for row in table["unknown"] for name in row.split(", ") if name)
    )
    return (
        f" Not observed everywhere, and where it was not, part of that: {listed(names)}."
        if names
        else ""
    )


def _exceeding(table: pd.DataFrame) -> str:
    over = table.loc[table["excess_ms"] > 0, "title"].unique().tolist()
    return f" The parts of {'; '.join(over)} exceed the whole: they overlap." if over else ""


def cost_per_request_table(costs: pd.DataFrame) -> Table:
    """Return `cost_table` by part, with the interval of the total."""
    parts = {"service_ms": "service", "database_ms": "PostgreSQL", "upstreams_ms": "upstreams"}
    return Table(
        with_span(costs),
        f"CPU-milliseconds per request, by who used them.{_not_observed(costs)}",
        STACK_COLUMNS | parts | {"total_ms": "in all", "span": "95 % interval"},
        HUMANIZED,
    )


def _not_observed(costs: pd.DataFrame) -> str:
    parts = costs[["service_ms", "database_ms", "upstreams_ms"]]
    return " –: not observed, and in no sum." if parts.isna().any(axis=None) else ""


def floor_table(table: pd.DataFrame) -> Table | Prose:
    """Return `floor`: the bare server and the frameworks at `ping`."""
    if table.empty:
        return Prose("*This run did not measure `ping`.*")
    columns = {"title": "stack", "ping_per_s": "pings/s", "span": "95 % interval"}
    columns |= {"ping_cpu_ms": "CPU-ms per ping", "times_bare": "times the bare server's"}
    columns |= {"detail_cpu_ms": "CPU-ms per user detail", "floor_share": "of it ping"}
    rows = with_span(table)
    limited = rows["at_least_per_s"].notna()
    rows.loc[limited, "span"] = [
        f"at least {number(each)}" for each in rows["at_least_per_s"][limited]
    ]
    because = (
        " At least: the load driver was busy before the server was, so those trials count for no"
        " rate; CPU time is the server's own."
        if limited.any()
        else ""
    )
    return Table(
        rows,
        f"Answering without a database, at {table['load'].iloc[0]}.{because}",
        columns,
        {"floor_share": percent},
    )


def request_time_table(run: Run, table: pd.DataFrame) -> Table | Prose:
    """Return `request_time` of the stacks as deployed, in columns."""
    table = table[[is_deployed(name, run.manifest.stacks) for name in table["stack"]]]
    if table.empty:
        return Prose("")
    columns = {"scenario": "scenario", "title": "stack", "response_ms": "response"}
    columns |= PARTS
    caption = "Stacks as deployed: mean response time at the main closed load and its parts, in ms."
    if table["unknown"].any():
        caption += " –: not observed, and part of waiting for its turn."
    if (table["excess_ms"] > 0).any():
        columns |= {"excess_ms": "parts exceed it by"}
    return Table(table, caption, columns, HUMANIZED)


def floor_text(run: Run, table: pd.DataFrame) -> Prose:
    """Summarise `floor`: how far the floors of the stacks as deployed lie above the bare server's.

    Also states how much of a request with a database is floor.
    """
    if table.empty:
        return Prose("")
    frameworks = table[[is_deployed(name, run.manifest.stacks) for name in table["stack"]]]
    said = ""
    if frameworks["times_bare"].notna().any():
        factors = format_range(frameworks["times_bare"].dropna().tolist())
        said += f"To answer a ping takes {factors} times the CPU time of the bare server. "
    shares = frameworks.dropna(subset=["floor_share"])
    if len(shares):
        told = [f"{row['title']} {percent(row['floor_share'])}" for row in rows_of(shares)]
        said += f"Of the CPU time of a user detail, a ping takes: {'; '.join(told)}."
    return Prose(said.strip())


TABLES: Shows = {
    "per_request": lambda found: cost_per_request_table(found.data),
    "floor": lambda found: floor_table(found.floor),
    "request_time": lambda found: request_time_table(found.run, found.request_time),
}
TEXTS: Shows = {"floor": lambda found: floor_text(found.run, found.floor)}
