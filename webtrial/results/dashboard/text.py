"""Texts and tables of the dashboard."""

from math import isfinite

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.figure_text import (
    FigureText,
    estimate_text,
    interval_note,
    invalid_note,
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
from webtrial.results.base.result import Renderers
from webtrial.results.dashboard.finding import HTTPX_REGRESSION, dashboard_finding
from webtrial.results.dashboard.ratios import dashboard_ratios
from webtrial.results.dashboard.thread_limits_text import thread_limits_table, thread_limits_text
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import rows_of
from webtrial.stats.pairs import framework_of, pairs_differing_only_in


def dashboard_figure_text(parts: pd.DataFrame, invalid: int) -> FigureText:
    """Return the figure text of `dashboard_parts`.

    It says which stacks respond faster than their upstreams called in turn, with their whole
    interval (with one block: in the mean).
    """
    in_turn_ms = format_range(parts["in_turn_ms"].dropna().tolist())
    faster = [f"{_faster(cell)} at {load}" for load, cell in parts.groupby("load", sort=False)]
    title = f"Faster than the upstreams called in turn ({in_turn_ms} ms): {'; '.join(faster)}"
    alt = "Mean response times in milliseconds. " + per_cell(
        parts,
        lambda row: (
            f"{row['title']} {estimate_text(row, 'response_ms')}, upstreams in turn"
            f" {number(row['in_turn_ms'])}, the slowest {number(row['slowest_ms'])}"
        ),
    )
    caption = (
        "Mean response time of the dashboard. Pale bars: sum of the measured times of its"
        " upstreams, the minimum if they are called in turn. Darker bars: the slowest upstream."
        f" {interval_note(parts)}" + ring_note(parts["suspect_blocks"]) + invalid_note(invalid)
    )
    return FigureText(title + one_block_note(parts), alt, caption)


def _faster(cell: pd.DataFrame) -> str:
    upper = cell["high"] if (cell["blocks"] > 1).any() else cell["response_ms"]
    faster = cell.loc[upper < cell["in_turn_ms"], "title"].tolist()
    if len(faster) in (0, len(cell)):
        return "every stack" if faster else "no stack"
    return listed(faster)


def parts_table(parts: pd.DataFrame) -> Table:
    """Return `dashboard_parts`: the dashboard's response time and its upstreams' times."""
    upstreams = {"in_turn_ms": "upstreams in turn", "slowest_ms": "slowest upstream"}
    return Table(
        with_span(parts),
        "Mean response time of the dashboard and mean times of its upstreams, in ms.",
        {"load": "load", "title": "stack", "response_ms": "response", "span": "95 % interval"}
        | upstreams,
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
        requested_mean_ms=("requested_mean_ms", "mean"),
        actual_mean_ms=("actual_mean_ms", "mean"),
    )
    names = {"name": "upstream", "requests": "requests"}
    names |= {"requested_mean_ms": "requested delay (mean, ms)"}
    names |= {"actual_mean_ms": "actual time (mean, ms)"}
    return Table(table, "Upstreams over all trials.", names)


def variants_table(run: Run, ratios: pd.DataFrame, scenario: str) -> Table | Prose:
    """Return `ratio_table` of stacks that differ in one axis only.

    It covers one scenario at its main closed load.
    """
    rows = at_main_load(ratios[ratios["scenario"] == scenario])
    rows = rows[rows["metric"].isin(METRIC_TEXT) & rows["ratio"].notna()]
    if rows.empty:
        return Prose(
            f"*In {humanize(scenario)}, this run has no two stacks that differ only in one of these"
            " choices.*"
        )
    frame = with_pair_text(run, rows).assign(what=rows["metric"].map(METRIC_TEXT))
    columns = {"pair": "comparison", "what": "what", "ratio": "ratio", "span": "95 % interval"}
    columns |= {"differs": "differ in"}
    return Table(
        frame,
        f"{humanize(scenario).capitalize()} at {rows['load'].iloc[0]}, first over second, paired by"
        " block.",
        columns | {"blocks": "blocks", "verdict": "verdict", "reason": "reason"},
    )


def dashboard_text(run: Run) -> Prose:
    """Compare response times with the article's factor, and throughput by HTTP client.

    Adds what is known of httpx if a stack of the run uses it from an event loop.
    """
    rows = dashboard_ratios(run)
    if rows.empty:
        return Prose("No stack of this run calls the dashboard's sources at once.")
    finding = dashboard_finding(rows, run.manifest.stacks)
    return Prose(f"{finding} {HTTPX_REGRESSION}" if "httpx" in set(rows["client"]) else finding)


def upstreams_text(run: Run) -> Prose:
    """Return how long the upstreams are meant to take."""
    parameters = run.manifest.parameters
    return Prose(
        "In this run, each of the two upstreams delayed its responses by its own draws from a"
        f" log-normal distribution: median {number(parameters.upstream_delay_ms)} ms, standard"
        f" deviation of the logarithm {number(parameters.upstream_sigma)}."
    )


def at_once_text(run: Run, ratios: pd.DataFrame) -> Prose:
    """Return the effect of calling upstreams at once under load, from `ratio_table`.

    It covers thread pools in each request and event loops, in stacks that do not differ otherwise.
    """
    rows = at_main_load(ratios[ratios["scenario"] == DASHBOARD])
    stacks = run.manifest.stacks
    by_method: dict[str, list[str]] = {}
    for pair in pairs_differing_only_in(run, "sources"):
        of_pair = rows[(rows["stack"] == pair.stack) & (rows["baseline"] == pair.baseline)]
        if len(of_pair):
            method = str(stacks[pair.stack]["sources"])
            text = f"{framework_of(pair.stack, stacks)} {_ratios_text(of_pair)}"
            by_method.setdefault(method, []).append(text)
    texts = [f"{_AT_ONCE[method]}: {'; '.join(pairs)}." for method, pairs in by_method.items()]
    if not texts:
        return Prose("")
    where = (
        f"Dashboard at {rows['load'].iloc[0]}, ratios of calling upstreams at once to calling them"
        " in turn"
    )
    return Prose(f"{where}{one_block_note(rows)}. {' '.join(texts)}")


DASHBOARD = "dashboard"


_AT_ONCE = {
    "threads": "With a pool of threads in each request",
    "gather": "With an event loop",
}


_METRIC_NAMES = {
    "cpu": "CPU time of the service per request",
    "throughput": "requests per second",
    "p50": "median response time",
}


def _ratios_text(pair: pd.DataFrame) -> str:
    """Return the ratios of a pair, with undecided ones marked.

    Example: `1.2 times the CPU time of the service per request, 0.9 times the …`.
    """
    rows = {row["metric"]: row for row in rows_of(pair) if isfinite(row["ratio"])}
    texts = [
        f"{rounded(row['ratio'], row['low'], row['high'])} times the {name}{undecided_note(row)}"
        for metric, name in _METRIC_NAMES.items()
        if (row := rows.get(metric))
    ]
    return listed(texts) or "without a ratio"


TABLES: Renderers = {
    "parts": lambda result: parts_table(result.data),
    "upstreams": lambda result: upstreams_table(result.run),
    "thread_limits": lambda result: thread_limits_table(result.thread_limits),
    "variants": lambda result: variants_table(result.run, result.variants, DASHBOARD),
}
TEXTS: Renderers = {
    "finding": lambda result: dashboard_text(result.run),
    "upstreams": lambda result: upstreams_text(result.run),
    "thread_limits": lambda result: thread_limits_text(
        result.run, result.thread_limits, result.at_once_over_in_turn
    ),
    "at_once": lambda result: at_once_text(result.run, result.variants),
}
