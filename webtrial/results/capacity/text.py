"""Texts and tables of users, rates and processes."""

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
    HUMANIZED,
    counted,
    humanize,
    listed,
    number,
    percent,
    rate,
)
from webtrial.results.base.result import Shows
from webtrial.results.capacity.pilot_shares_text import pilot_shares_table, pilot_shares_text
from webtrial.run.store import Run
from webtrial.stats.frames import rows_of
from webtrial.stats.thresholds import MINIMUM_REQUESTS


def capacity_figure_text(sweep: pd.DataFrame, invalid: int) -> FigureText:
    """Return the figure text of `estimate.sweep`.

    It says which stack reaches most, which least, and with how many users.
    """
    peaks = [part.nlargest(1, "throughput_per_s") for _, part in sweep.groupby("stack", sort=False)]
    ranked = rows_of(pd.concat(peaks).sort_values("throughput_per_s", ascending=False))
    told = [
        f"{number(row['throughput_per_s'])} with {row['title']} ({row['users']:,g} users)"
        for row in (ranked if len(ranked) < 2 else [ranked[0], ranked[-1]])
    ]
    title = f"{humanize(str(sweep['scenario'].iloc[0])).capitalize()}: requests per second reach"
    title += f" {' and '.join(told)}{one_block_note(sweep)}"
    alt = "Requests per second and median response time in milliseconds by users. " + per_cell(
        sweep,
        lambda row: f"{row['title']} {number(row['throughput_per_s'])} and {number(row['p50_ms'])}",
    )
    caption = (
        "Left: requests per second; right: response time, median and (thin, above) 90th percentile,"
        f" both against users in a closed loop, all on log scales. {interval_note(sweep)}"
        + ring_note(sweep["suspect_blocks"])
        + left_out_note(invalid)
    )
    return FigureText(title, alt, caption)


def served_rates_table(table: pd.DataFrame, p99_limit_ms: float) -> Table | Prose:
    """Return `rates_in_time`: the rates between which a stack's capacity lies.

    Empty prose without open loads.
    """
    if table.empty:
        return Prose("")
    columns = {"scenario": "scenario", "title": "stack", "served": "served (1/s)"}
    columns |= {"late_share": "late", "missed_per_s": "not served (1/s)"}
    columns |= {"missed_late_share": "late then", "judged": "rates judged"}
    return Table(
        table.assign(served=[_served_text(row) for row in rows_of(table)]),
        f"The highest offered rate that was served within {number(p99_limit_ms)} ms, and the lowest"
        " above it that was not, each with the share of its requests that were late. –: none was"
        " offered.",
        columns | {"unknown": "cannot be told"},
        HUMANIZED | {"late_share": percent, "missed_per_s": rate, "missed_late_share": percent},
    )


def _served_text(row: dict[str, Any]) -> str:
    if not row["judged"]:
        return "not measured"
    if not isfinite(row["rate_per_s"]):
        return f"< {rate(row['missed_per_s'])}"
    return "≥ " * (not isfinite(row["missed_per_s"])) + rate(row["rate_per_s"])


def served_rates_text(table: pd.DataFrame, p99_limit_ms: float) -> Prose:
    """Return the rates between which the capacity of each stack lies, by scenario."""
    limit = f"{number(p99_limit_ms)} ms"
    if not table["judged"].any():
        return Prose(
            f"*Capacity within {limit} was not measured: this run has no open load with at least"
            f" {MINIMUM_REQUESTS} requests that tells.*"
        )
    told = [
        f"in {humanize(str(scenario))} " + ", ".join(_served(row) for row in rows_of(part))
        for scenario, part in table.groupby("scenario", sort=False)
    ]
    return Prose(
        f"Requests per second that were served within {limit}: {'; '.join(told)}. A rate is served"
        f" if at least {SERVED_PERCENT} of its requests are answered within the limit; one that"
        " fails, times out or cannot be sent counts as late."
    )


def _served(row: dict[str, Any]) -> str:
    """Return the bounds of a stack's capacity.

    Examples: `Django 200 (not 414)`, `Flask at least 631`, `FastAPI fewer than 50`,
    `Django not measured`.
    """
    if not row["judged"]:
        return f"{row['title']} not measured"
    served, missed = rate(row["rate_per_s"]), rate(row["missed_per_s"])
    if not isfinite(row["rate_per_s"]):
        return f"{row['title']} fewer than {missed}"
    if not isfinite(row["missed_per_s"]):
        return f"{row['title']} at least {served}"
    return f"{row['title']} {served} (not {missed})"


PROCESSES = (1, 2, 4)
"""Numbers of server processes that are worth a separate run if there are enough cores."""


def processes_text(run: Run) -> Prose:
    """Return how many server processes each stack had, and for how many the machine has cores."""
    budgets = run.manifest.budgets
    if "service_cores" not in budgets:
        return Prose("")
    cores = len(budgets["service_cores"])
    beyond = [str(each) for each in PROCESSES if each > cores]
    are = "is" if len(beyond) == 1 else "are"
    refused = f", so {listed(beyond)} {are} refused" if beyond else ""
    return Prose(
        f"Server processes of each stack in this run: {budgets['server_processes']}. Other numbers"
        " are runs of their own (`server_processes`), with a core for each process: services have"
        f" {counted(cores, 'core')} on this machine{refused}."
    )


TABLES: Shows = {
    "served_rates": lambda found: served_rates_table(found.data, found.p99_limit_ms),
    "pilot_shares": lambda found: pilot_shares_table(found.pilot_shares),
}
TEXTS: Shows = {
    "served_rates": lambda found: served_rates_text(found.data, found.p99_limit_ms),
    "processes": lambda found: processes_text(found.run),
    "pilot_shares": lambda found: pilot_shares_text(found.pilot_shares),
}
