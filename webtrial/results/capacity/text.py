"""Texts and tables of users, rates and processes."""

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
    HUMANIZED,
    humanize,
    listed,
    number,
    percent,
    pluralize,
    rate,
)
from webtrial.results.base.result import Renderers
from webtrial.results.capacity.pilot_shares_text import pilot_shares_table, pilot_shares_text
from webtrial.run.store import Run
from webtrial.stats.frames import rows_of
from webtrial.stats.thresholds import MINIMUM_REQUESTS


def capacity_figure_text(sweep: pd.DataFrame, invalid: int) -> FigureText:
    """Return the figure text of `estimate.sweep`.

    It names the stacks with the highest and the lowest peak throughput, and their users.
    """
    peaks = [part.nlargest(1, "throughput_per_s") for _, part in sweep.groupby("stack", sort=False)]
    ranked = rows_of(pd.concat(peaks).sort_values("throughput_per_s", ascending=False))
    texts = [
        f"{number(row['throughput_per_s'])} with {row['title']} ({row['users']:,g} users)"
        for row in (ranked if len(ranked) < 2 else [ranked[0], ranked[-1]])
    ]
    scenario = humanize(str(sweep["scenario"].iloc[0])).capitalize()
    title = f"{scenario}: requests per second peak at {' and '.join(texts)}{one_block_note(sweep)}"
    alt = "Requests per second and median response time in milliseconds by users. " + per_cell(
        sweep,
        lambda row: f"{row['title']} {number(row['throughput_per_s'])} and {number(row['p50_ms'])}",
    )
    caption = (
        "By number of users in a closed loop, on log scales. Left: requests per second. Right:"
        f" response time, median and (thin, above) 90th percentile. {interval_note(sweep)}"
        + ring_note(sweep["suspect_blocks"])
        + invalid_note(invalid)
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
    columns |= {"missed_late_share": "late at that rate", "judged": "rates judged"}
    return Table(
        table.assign(served=[_served_text(row) for row in rows_of(table)]),
        f"Highest offered rate that was served within {number(p99_limit_ms)} ms and lowest higher"
        " rate that was not, each with its share of late requests. –: no such rate.",
        columns | {"unknown": "rates undecided"},
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
            f"*Capacity within {limit} was not measured: this run has no open load that decides it,"
            f" which takes at least {MINIMUM_REQUESTS} requests.*"
        )
    texts = [
        f"in {humanize(str(scenario))} " + ", ".join(_served(row) for row in rows_of(part))
        for scenario, part in table.groupby("scenario", sort=False)
    ]
    return Prose(
        f"Requests per second served within {limit}: {'; '.join(texts)}. A rate is served if at"
        f" least {SERVED_PERCENT} of its requests are answered within the limit; a request that"
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
        f"Server processes of each stack in this run: {budgets['server_processes']}. To"
        " measure another number, start a separate run (`server_processes`). Each process needs"
        f" its own core: services have {pluralize(cores, 'core')} on this machine{refused}."
    )


TABLES: Renderers = {
    "served_rates": lambda result: served_rates_table(result.data, result.p99_limit_ms),
    "pilot_shares": lambda result: pilot_shares_table(result.pilot_shares),
}
TEXTS: Renderers = {
    "served_rates": lambda result: served_rates_text(result.data, result.p99_limit_ms),
    "processes": lambda result: processes_text(result.run),
    "pilot_shares": lambda result: pilot_shares_text(result.pilot_shares),
}
