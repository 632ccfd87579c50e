"""Texts and tables of CPU time per request, of the floor and of where a request spends its time."""

from collections import Counter
from typing import Any

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.figure_text import (
    FigureText,
    interval_note,
    invalid_note,
    one_block_note,
    per_cell,
    ring_note,
)
from webtrial.results.base.formatting import (
    HUMANIZED,
    STACK_COLUMNS,
    format_range,
    humanize,
    listed,
    number,
    percent,
    pluralize,
)
from webtrial.results.base.ratio_labels import with_span
from webtrial.results.base.result import Renderers
from webtrial.results.cost.request_time import PARTS
from webtrial.run.store import Run
from webtrial.stats.frames import rows_of, widest_pair
from webtrial.stats.pairs import is_deployed


def cost_figure_text(costs: pd.DataFrame, invalid: int) -> FigureText:
    """Return the figure text of `cost_table` at one load per scenario."""
    title = "CPU time per request was not observed"
    if len(costs):
        least, most = widest_pair(costs, "total_ms")
        title = (
            f"A request in {humanize(most['scenario'])} takes {number(most['total_ms'])} ms of CPU"
            f" time with {most['title']} and {number(least['total_ms'])} ms with {least['title']}"
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
        "CPU time per completed request: full colour the service, lighter PostgreSQL, lightest the"
        f" upstreams; lines belong to the total. {interval_note(costs)}{_unobserved(costs)}"
        + ring_note(costs["suspect_blocks"])
        + invalid_note(invalid)
    )
    return FigureText(title, alt, caption)


COMPONENTS = {"service_ms": "service", "database_ms": "PostgreSQL", "upstreams_ms": "upstreams"}


def _unobserved(costs: pd.DataFrame) -> str:
    missing = [name for column, name in COMPONENTS.items() if costs[column].isna().any()]
    return f" –: not observed, excluded from the total: {listed(missing)}." if missing else ""


def request_time_figure_text(table: pd.DataFrame, invalid: int) -> FigureText:
    """Return the figure text of `request_time`: the largest part of a request, by scenario."""
    most = [
        _largest_part(str(scenario), part)
        for scenario, part in table.groupby("scenario", sort=False)
    ]
    title = f"Most of a request's time is {'; '.join(most)}{one_block_note(table)}"
    alt = "Mean milliseconds per request. " + per_cell(table, _time_text)
    caption = (
        "Parts of the mean response time of a request, on a log scale: a mark per part and a bar"
        " at the total. Parts below 0.01 ms are not drawn. Queueing (for a thread, the interpreter"
        " or a core) is what the other parts leave."
        + _unknown(table)
        + _exceeding(table)
        + ring_note(table["suspect_blocks"])
        + invalid_note(invalid)
    )
    return FigureText(title, alt, caption)


def _time_text(row: dict[str, Any]) -> str:
    parts = [f"{name} {number(row[column])}" for column, name in PARTS.items() if row[column] > 0]
    return f"{row['title']} {number(row['response_ms'])} ({', '.join(parts)})"


def _largest_part(scenario: str, part: pd.DataFrame) -> str:
    """Return the largest part: `queueing in user detail (77 to 98 %)`."""
    shares = [
        {name: row[name] / (row["response_ms"] + row["excess_ms"]) for name in PARTS}
        for row in rows_of(part.fillna(dict.fromkeys(PARTS, 0.0)))
    ]
    largest = [max(each, key=lambda name: each[name]) for each in shares]
    (name, count), *_ = Counter(largest).most_common()
    percentages = [
        100 * each[name] for each, most in zip(shares, largest, strict=True) if most == name
    ]
    of = "" if count == len(part) else f", {count} of {pluralize(len(part), 'stack')}"
    return f"{PARTS[name]} in {humanize(scenario)} ({format_range(percentages)} %{of})"


def _unknown(table: pd.DataFrame) -> str:
    names = list(
        dict.fromkeys(name for row in table["unknown"] for name in row.split(", ") if name)
    )
    return f" Not observed and therefore counted as queueing: {listed(names)}." if names else ""


def _exceeding(table: pd.DataFrame) -> str:
    titles = table.loc[table["excess_ms"] > 0, "title"].unique().tolist()
    return f" The parts of {'; '.join(titles)} exceed the total: they overlap." if titles else ""


def cost_per_request_table(costs: pd.DataFrame) -> Table:
    """Return `cost_table` by part, with the interval of the total."""
    return Table(
        with_span(costs),
        f"CPU-milliseconds per request, by component.{_unobserved(costs)}",
        STACK_COLUMNS | COMPONENTS | {"total_ms": "total", "span": "95 % interval"},
        HUMANIZED,
    )


def floor_table(table: pd.DataFrame) -> Table | Prose:
    """Return `floor`: the bare server and the frameworks at `ping`."""
    if table.empty:
        return Prose("*This run did not measure `ping`.*")
    columns = {"title": "stack", "ping_per_s": "pings/s", "span": "95 % interval"}
    columns |= {"ping_cpu_ms": "CPU-ms per ping", "times_bare": "times the bare server"}
    columns |= {"detail_cpu_ms": "CPU-ms per user detail", "floor_share": "share of ping"}
    rows = with_span(table)
    limited = rows["at_least_per_s"].notna()
    rows.loc[limited, "span"] = [
        f"at least {number(each)}" for each in rows["at_least_per_s"][limited]
    ]
    note = (
        " At least: the load driver reached its limit before the server, so these trials give only"
        " a lower bound on the rate; the CPU time is that of the server."
        if limited.any()
        else ""
    )
    return Table(
        rows,
        f"Responses without a database, at {table['load'].iloc[0]}.{note}",
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
        caption += " –: not observed, counted as queueing."
    if (table["excess_ms"] > 0).any():
        columns |= {"excess_ms": "excess of the parts"}
    return Table(table, caption, columns, HUMANIZED)


def floor_text(run: Run, table: pd.DataFrame) -> Prose:
    """Summarise `floor`: how far the floors of the stacks as deployed lie above the bare server's.

    Also states how much of a request with a database is floor.
    """
    if table.empty:
        return Prose("")
    frameworks = table[[is_deployed(name, run.manifest.stacks) for name in table["stack"]]]
    sentences = []
    if frameworks["times_bare"].notna().any():
        factors = format_range(frameworks["times_bare"].dropna().tolist())
        sentences.append(f"A ping takes {factors} times the CPU time of the bare server.")
    shares = frameworks.dropna(subset=["floor_share"])
    if len(shares):
        texts = [f"{row['title']} {percent(row['floor_share'])}" for row in rows_of(shares)]
        sentences.append(
            f"CPU time of a ping as a share of a user detail request: {'; '.join(texts)}."
        )
    return Prose(" ".join(sentences))


TABLES: Renderers = {
    "per_request": lambda result: cost_per_request_table(result.data),
    "floor": lambda result: floor_table(result.floor),
    "request_time": lambda result: request_time_table(result.run, result.request_time),
}
TEXTS: Renderers = {"floor": lambda result: floor_text(result.run, result.floor)}
