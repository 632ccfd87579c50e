"""Texts and tables of percentiles, distributions, tails and responses over time."""

from typing import Any

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.figure_text import (
    FigureText,
    bounds_note,
    estimate_text,
    invalid_note,
    one_block_note,
    per_cell,
    percentile_text,
    ring_note,
)
from webtrial.results.base.formatting import (
    FAILURE_COLUMNS,
    HUMANIZED,
    format_range,
    humanize,
    listed,
    number,
    percent,
    pluralize,
)
from webtrial.results.base.result import Renderers
from webtrial.results.latency.over_time import OverTime
from webtrial.results.latency.timeline import BIN_S, Timeline
from webtrial.stats.frames import rows_of, widest_pair
from webtrial.stats.histogram import MINIMUM_SAMPLES, NEEDS_INTERVAL, RESOLUTION

TOO_FEW_REQUESTS = "Too few requests to draw"


def at_share(curves: pd.DataFrame, share: float) -> pd.DataFrame:
    """Return the point of each curve nearest to a share; none if no point is near."""
    distance = (curves["share_slower"] - share).abs()
    near = curves.assign(distance=distance)[distance < 0.2 * share]
    near = near.sort_values("distance", kind="stable")
    return near.drop_duplicates(["scenario", "load", "title"]).sort_index()


def against_load_figure_text(percentiles: pd.DataFrame, invalid: int) -> FigureText:
    """Return the figure text of `latency_against_load`."""
    medians = percentiles[percentiles["percentile"] == 50].dropna(subset=["latency_ms"])
    title = f"{_widest(medians)}{one_block_note(medians)}"
    alt = (
        "Response times in milliseconds: percentiles 50, 90 and 99, if there are enough requests. "
    )
    alt += per_cell(percentiles.dropna(subset=["latency_ms"]), percentile_text)
    caption = (
        "Response time from the intended start, on a log scale. Mark: median. Bars above it: the"
        f" 90th percentile and, if at least {MINIMUM_SAMPLES[99]:,} requests from more than one"
        " block were merged, the 99th. Shaded: intervals of the median and the 99th percentile."
        + bounds_note(percentiles)
        + ring_note(percentiles["suspect_blocks"])
        + invalid_note(invalid)
    )
    return FigureText(title, alt, caption)


def _widest(medians: pd.DataFrame) -> str:
    if medians.empty:
        return "Too few requests for a median"
    fast, slow = widest_pair(medians, "latency_ms")
    return (
        f"The medians differ most in {humanize(fast['scenario'])} at {fast['load']}:"
        f" {fast['title']} {number(fast['latency_ms'])} ms,"
        f" {slow['title']} {number(slow['latency_ms'])} ms"
    )


def timeline_figure_text(timeline: Timeline, stack_title: str) -> FigureText:
    """Return the figure text of `timeline`."""
    trial = timeline.trial
    planned = trial.planned
    worst_ms = float(timeline.bins.loc[timeline.bins["t_s"] >= 0, "worst_ms"].max())
    median, worst = number(timeline.median_ms), number(worst_ms)
    where = f"{stack_title}, {humanize(planned.scenario)}, {planned.load}, block {planned.block}"
    rate = number(trial.counts.completed / trial.window_s, 3)
    title = f"{where}: {rate} requests per second, median {median} ms, slowest {worst} ms"
    failed = sum(trial.counts.errors.values())
    verdict = f"Verdict of the trial: {trial.validity.verdict}."
    alt = f"{title}. {pluralize(failed, 'request')} failed. {verdict}"
    caption = (
        "One trial: response times of a sample of its requests that includes the slowest (crosses:"
        f" failed requests), requests sent and completed in each {1000 * BIN_S:g} ms, CPU use in"
        f" each second. {verdict}{_trimmed_warmup_note(timeline)}"
    )
    return FigureText(title, alt, caption)


def _trimmed_warmup_note(timeline: Timeline) -> str:
    """Return the note that responses are missing because the warm-up was trimmed."""
    if timeline.bins["sent_per_s"].notna().all():
        return ""
    return (
        " The warm-up requests of this trial were trimmed from the run. Some of them completed in"
        " the window, so the completed rate is too low at its start."
    )


def distribution_figure_text(curves: pd.DataFrame, invalid: int) -> FigureText:
    """Return the figure text of `distribution` as an empirical distribution.

    It says which stacks are furthest apart.
    """
    medians, slow_tenth = at_share(curves, 0.5), at_share(curves, 0.1)
    title = TOO_FEW_REQUESTS
    if len(slow_tenth):
        fast, slow = widest_pair(slow_tenth, "latency_ms")
        title = (
            f"90 % of requests complete within {number(fast['latency_ms'])} ms with"
            f" {fast['title']} and within {number(slow['latency_ms'])} ms with {slow['title']}, in"
            f" {humanize(slow['scenario'])} at {slow['load']}{one_block_note(slow_tenth)}"
        )
    alt = "Share of requests completed, by response time. Medians: "
    alt += per_cell(medians, lambda row: f"{row['title']} {number(row['latency_ms'])} ms")
    caption = (
        "For each response time, the share of requests completed within it (the empirical"
        " distribution), all blocks merged." + _suspect_note(curves) + invalid_note(invalid)
    )
    return FigureText(title, alt, caption)


def tail_figure_text(curves: pd.DataFrame, percentiles: pd.DataFrame, invalid: int) -> FigureText:
    """Return the figure text of `distribution` as percentile curves.

    It includes the percentiles that have intervals.
    """
    keys = ["scenario", "load", "title"]
    ends = at_share(curves, 0.1).merge(at_share(curves, 0.5), on=keys, suffixes=("", "_median"))
    title = TOO_FEW_REQUESTS
    if len(ends):
        factors = format_range((ends["latency_ms"] / ends["latency_ms_median"]).tolist())
        title = f"The slowest 10 % of requests take at least {factors} times the median"
    alt = "Percentiles of response time in milliseconds. "
    alt += per_cell(percentiles.dropna(subset=["latency_ms"]), percentile_text)
    caption = (
        "Response time within which each share of the requests completes; at 99 %, one in a"
        " hundred takes longer. Both scales are logarithmic, and all blocks are merged. Curves end"
        " where fewer than ten requests lie beyond. Marks: the median, the 90th percentile and,"
        f" from {MINIMUM_SAMPLES[99]:,} requests on, the 99th. Shaded: their 95 % intervals."
        + _suspect_note(curves)
        + invalid_note(invalid)
    )
    return FigureText(title + one_block_note(percentiles), alt, caption)


def over_time_figure_text(typical: OverTime) -> FigureText:
    """Return the figure text of `over_time`: the longest time without a response."""
    trials = typical.trials.sort_values("silence_ms", ascending=False, kind="stable")
    longest, *others = rows_of(trials)
    title = (
        f"In a typical trial of {humanize(longest['scenario'])} at {longest['load']},"
        f" {longest['title']} sent no response for {number(longest['silence_ms'])} ms"
    )
    title += f"; the others at most for {number(others[0]['silence_ms'])} ms" if others else ""
    alt = "Longest time without a response: " + listed(
        [
            f"{row['title']} {number(row['silence_ms'])} ms (its slowest request"
            f" {number(row['slowest_ms'])} ms)"
            for row in rows_of(typical.trials)
        ]
    )
    caption = (
        "One typical trial of each stack: the valid one with the median throughput. Each position"
        " is a time and a response time; the darker it is, the more requests completed there. A"
        " white column is a time without a response; the bracket marks the longest."
        + _not_valid_note(trials)
        + _lost_rows_note(trials)
    )
    return FigureText(title, f"{alt}.", caption)


def _lost_rows_note(trials: pd.DataFrame) -> str:
    """Return the note that a trimmed run has no early responses of the window."""
    if not trials["lost_rows"].any():
        return ""
    return (
        " The responses to warm-up requests were trimmed from this run, so the time before the"
        " first response shown is unknown."
    )


def _not_valid_note(trials: pd.DataFrame) -> str:
    titles = trials.loc[trials["verdict"] != "valid", "title"].tolist()
    return f" Suspect: {listed(titles)}." if titles else ""


def _suspect_note(curves: pd.DataFrame) -> str:
    titles = curves.loc[curves["suspect_blocks"] > 0, "title"].drop_duplicates().tolist()
    return f" Includes suspect trials: {listed(titles)}." if titles else ""


def percentiles_table(percentiles: pd.DataFrame) -> Table:
    """Return `latency_against_load` with a column for each percentile; – with too few requests."""
    keys = ["scenario", "load", "title"]
    caption = (
        "Response times in ms (the 99th percentile with its 95 % interval), and the share of"
        " requests that failed or could not be sent."
    )
    return percentile_columns(percentiles, keys, caption, FAILURE_COLUMNS)


def percentile_columns(
    percentiles: pd.DataFrame, keys: list[str], caption: str, shares: dict[str, str] | None = None
) -> Table:
    """Return a table with a row per `keys`, a column per percentile, and columns of `shares`."""
    shares = shares or {}
    texts = [_percentile_cell(row) for row in rows_of(percentiles)]
    rows = percentiles.assign(text=texts, name=percentiles["percentile"].map(_percentile_name))
    wide = rows.pivot_table(
        index=[*keys, "samples", *shares],
        columns="name",
        values="text",
        aggfunc="first",
        sort=False,
    ).reset_index()
    names = [name for name in rows["name"].unique() if name in wide]
    columns = {key: "stack" if key == "title" else key for key in keys}
    columns |= dict(zip(names, names, strict=True)) | {"samples": "requests"}
    return Table(wide, caption, columns | shares, HUMANIZED | dict.fromkeys(shares, percent))


def _percentile_cell(row: dict[str, Any]) -> str:
    """Format a percentile: `≥ 12.0`, or `120 (95–160)` for a tail."""
    is_tail = row["percentile"] >= NEEDS_INTERVAL and not pd.isna(row["low"])
    value = estimate_text(row, "latency_ms", 3) if is_tail else number(row["latency_ms"], 3)
    return f"{'≥ ' if row['is_bound'] else ''}{value}"


def _percentile_name(percentile: float) -> str:
    return "median" if percentile == 50 else f"{percentile:g}th"


def percentile_rule_text() -> Prose:
    """Return the minimum number of requests for each percentile."""
    minimums = [
        f"{count:,} for the {_percentile_name(percentile)}"
        for percentile, count in MINIMUM_SAMPLES.items()
        if percentile <= 99
    ]
    return Prose(
        f"Minimum number of merged requests: {listed(minimums)} percentile. The {NEEDS_INTERVAL}th"
        " is only shown with its interval, and a single block has none."
    )


def percentiles_text() -> Prose:
    """Explain how percentiles are computed from merged counts.

    Includes their resolution and the minimum number of requests.
    """
    minimums = listed([f"{count:,} for p{level:g}" for level, count in MINIMUM_SAMPLES.items()])
    return Prose(
        f"**Percentiles.** Response times are counted in logarithmic buckets {RESOLUTION:.1%} wide,"
        " separately for each trial. Merging blocks adds their counts. A percentile is computed"
        f" from the merged counts, never averaged, and lies within {RESOLUTION:.1%} of the exact"
        " percentile of all requests. A timeout counts with the time after which the client gave"
        " up; a percentile among timeouts is a lower bound. Minimum number of requests:"
        f" {minimums}. From p{NEEDS_INTERVAL} on, a percentile is only shown with its interval over"
        " blocks."
    )


TABLES: Renderers = {"percentiles": lambda result: percentiles_table(result.data)}
TEXTS: Renderers = {
    "percentile_rule": lambda _: percentile_rule_text(),
    "percentiles": lambda _: percentiles_text(),
}
