"""Texts and tables of the dashboard."""

from math import isfinite

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.figure_text import (
    FigureText,
    estimate_text,
    interval_note,
    left_out_note,
    one_block_note,
    per_cell,
    ring_note,
)
from webtrial.results.base.formatting import format_range, humanize, listed, number, rounded
from webtrial.results.base.ratio_labels import (
    METRIC_TEXT,
    undecided_note,
    with_pair_text,
    with_span,
)
from webtrial.results.base.result import Shows
from webtrial.results.dashboard.finding import HTTPX_REGRESSION, dashboard_finding
from webtrial.results.dashboard.ratios import dashboard_ratios
from webtrial.results.dashboard.thread_limits_text import thread_limits_table, thread_limits_text
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import rows_of
from webtrial.stats.pairs import framework_of, pairs_differing_only_in


def dashboard_figure_text(parts: pd.DataFrame, invalid: int) -> FigureText:
    """Return the figure text of `dashboard_parts`.

    It says which stacks answer faster than their upstreams called in turn, with their whole
    interval (with one block: in the mean).
    """
    took = format_range(parts["in_turn_ms"].dropna().tolist())
    sooner = [f"{_sooner(cell)} at {load}" for load, cell in parts.groupby("load", sort=False)]
    title = f"Sooner than the upstreams in turn ({took} ms) answer: {'; '.join(sooner)}"
    alt = "Mean response times in milliseconds. " + per_cell(
        parts,
        lambda row: (
            f"{row['title']} {estimate_text(row, 'response_ms')}, upstreams in turn"
            f" {number(row['in_turn_ms'])}, the slowest {number(row['slowest_ms'])}"
        ),
    )
    caption = (
        "Mean response time of the dashboard. Pale: what its upstreams really took, added, which is"
        f" what asking in turn costs at least; darker: the slowest alone. {interval_note(parts)}"
        + ring_note(parts["suspect_blocks"])
        + left_out_note(invalid)
    )
    return FigureText(title + one_block_note(parts), alt, caption)


def _sooner(cell: pd.DataFrame) -> str:
    furthest = cell["high"] if (cell["blocks"] > 1).any() else cell["response_ms"]
    quick = cell.loc[furthest < cell["in_turn_ms"], "title"].tolist()
    if len(quick) in (0, len(cell)):
        return "every stack" if quick else "no stack"
    return listed(quick)


def parts_table(parts: pd.DataFrame) -> Table:
    """Return `dashboard_parts`: the dashboard's response time and its upstreams' times."""
    bounds = {"in_turn_ms": "upstreams in turn", "slowest_ms": "slower upstream"}
    return Table(
        with_span(parts),
        "Mean response time of the dashboard in ms, beside what its upstreams took.",
        {"load": "load", "title": "stack", "response_ms": "response", "span": "95 % interval"}
        | bounds,
    )


def upstreams_table(run: Run) -> Table:
    """Return the intended and the measured time of each upstream over the run."""
    rows = [
        (each.name, each.requests, each.requested_mean_ms, each.actual_mean_ms)
        for trial in run.trials
        for each in trial.upstreams
    ]
    columns = ["name", "requests", "requested_mean_ms", "actual_mean_ms"]
    frame = pd.DataFrame(rows, columns=columns).groupby("name", as_index=False, sort=False)
    table = frame.agg(
        requests=("requests", "sum"),
        asked=("requested_mean_ms", "mean"),
        took=("actual_mean_ms", "mean"),
    )
    names = {"name": "upstream", "requests": "requests", "asked": "asked to take (mean, ms)"}
    names |= {"took": "took (mean, ms)"}
    return Table(table, "The upstreams over all trials.", names)


def variants_table(run: Run, ratios: pd.DataFrame, scenario: str) -> Table | Prose:
    """Return `ratio_table` of stacks that differ in one axis only.

    It covers one scenario at its main closed load.
    """
    rows = at_main_load(ratios[ratios["scenario"] == scenario])
    rows = rows[rows["metric"].isin(METRIC_TEXT) & rows["ratio"].notna()]
    if rows.empty:
        return Prose(
            f"*No two stacks of this run differ in {humanize(scenario)} in one such choice.*"
        )
    frame = with_pair_text(run, rows).assign(what=rows["metric"].map(METRIC_TEXT))
    columns = {"pair": "comparison", "what": "what", "ratio": "ratio", "span": "95 % interval"}
    columns |= {"differs": "differ in"}
    return Table(
        frame,
        f"{humanize(scenario).capitalize()} at {rows['load'].iloc[0]}, first over second, paired by"
        " block.",
        columns | {"blocks": "blocks", "verdict": "verdict", "reason": "because"},
    )


def dashboard_text(run: Run) -> Prose:
    """Compare response times with the article's factor, and throughput by HTTP client.

    Adds what is known of httpx if a stack of the run uses it from an event loop.
    """
    rows = dashboard_ratios(run)
    if rows.empty:
        return Prose("No stack of this run asks the dashboard's sources at once.")
    said = dashboard_finding(rows, run.manifest.stacks)
    return Prose(f"{said} {HTTPX_REGRESSION}" if "httpx" in set(rows["client"]) else said)


def upstreams_text(run: Run) -> Prose:
    """Return how long the upstreams are meant to take."""
    parameters = run.manifest.parameters
    return Prose(
        f"In this run the two upstreams were asked to take {number(parameters.upstream_delay_ms)}"
        " ms in the median, each with its own log-normal spread (of the logarithm:"
        f" {number(parameters.upstream_sigma)})."
    )


def at_once_text(run: Run, ratios: pd.DataFrame) -> Prose:
    """Return the effect of calling upstreams at once under load, from `ratio_table`.

    It covers thread pools in each request and event loops, in stacks that do not differ otherwise.
    """
    rows = at_main_load(ratios[ratios["scenario"] == DASHBOARD])
    stacks = run.manifest.stacks
    told: dict[str, list[str]] = {}
    for pair in pairs_differing_only_in(run, "sources"):
        of_pair = rows[(rows["stack"] == pair.stack) & (rows["baseline"] == pair.baseline)]
        if len(of_pair):
            way = str(stacks[pair.stack]["sources"])
            text = f"{framework_of(pair.stack, stacks)} {_worth_in_words(of_pair)}"
            told.setdefault(way, []).append(text)
    said = [f"{_AT_ONCE[way]}: {'; '.join(pairs)}." for way, pairs in told.items()]
    if not said:
        return Prose("")
    where = f"Dashboard at {rows['load'].iloc[0]}, asking at once over asking in turn"
    return Prose(f"{where}{one_block_note(rows)}. {' '.join(said)}")


DASHBOARD = "dashboard"


_AT_ONCE = {
    "threads": "By a pool of threads in each request",
    "gather": "By the event loop",
}


_WORTH = {
    "cpu": "CPU time of the service per request",
    "throughput": "requests per second",
    "p50": "median response time",
}


def _worth_in_words(pair: pd.DataFrame) -> str:
    """Return the ratios of a pair, with undecided ones marked.

    Example: `1.2 times the CPU time of the service per request, 0.9 times the …`.
    """
    rows = {row["metric"]: row for row in rows_of(pair) if isfinite(row["ratio"])}
    told = [
        f"{rounded(row['ratio'], row['low'], row['high'])} times the {what}{undecided_note(row)}"
        for metric, what in _WORTH.items()
        if (row := rows.get(metric))
    ]
    return listed(told) or "nothing that counts"


TABLES: Shows = {
    "parts": lambda found: parts_table(found.data),
    "upstreams": lambda found: upstreams_table(found.run),
    "thread_limits": lambda found: thread_limits_table(found.thread_limits),
    "variants": lambda found: variants_table(found.run, found.variants, DASHBOARD),
}
TEXTS: Shows = {
    "finding": lambda found: dashboard_text(found.run),
    "upstreams": lambda found: upstreams_text(found.run),
    "thread_limits": lambda found: thread_limits_text(
        found.run, found.thread_limits, found.at_once_over_in_turn
    ),
    "at_once": lambda found: at_once_text(found.run, found.variants),
}
