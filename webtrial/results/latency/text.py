"""Texts and tables of percentiles, distributions, tails and answers over time."""

from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.figure_text import (
    FigureText,
    bounds_note,
    estimate_text,
    left_out_note,
    one_block_note,
    per_cell,
    percentile_text,
    ring_note,
)
from webtrial.results.base.formatting import (
    FAILURE_COLUMNS,
    HUMANIZED,
    counted,
    format_range,
    humanize,
    listed,
    number,
    percent,
)
from webtrial.results.base.result import Shows
from webtrial.results.latency.over_time import OverTime
from webtrial.results.latency.timeline import BIN_S, Timeline
from webtrial.stats.frames import furthest_apart, rows_of
from webtrial.stats.histogram import MINIMUM_SAMPLES, NEEDS_INTERVAL, RESOLUTION


def at_share(curves: pd.DataFrame, share: float) -> pd.DataFrame:
    """Return the point of each curve nearest to a share; none if no point is near."""
    apart = (curves["share_slower"] - share).abs()
    near = curves.assign(apart=apart)[apart < 0.2 * share].sort_values("apart", kind="stable")
    return near.drop_duplicates(["scenario", "load", "title"]).sort_index()


def against_load_figure_text(percentiles: pd.DataFrame, invalid: int) -> FigureText:
    """Return the figure text of `latency_against_load`."""
    medians = percentiles[percentiles["percentile"] == 50].dropna(subset=["latency_ms"])
    title = f"{_widest(medians)}{one_block_note(medians)}"
    alt = "Response times in milliseconds, percentiles 50, 90 and 99 where enough requests. "
    alt += per_cell(percentiles.dropna(subset=["latency_ms"]), percentile_text)
    caption = (
        "Response time from the intended start, on a log scale. Mark: median, its interval shaded;"
        " bars above: 90th percentile, and 99th, its interval shaded too, where at least"
        f" {MINIMUM_SAMPLES[99]:,} requests were merged in more than one block."
        + bounds_note(percentiles)
        + ring_note(percentiles["suspect_blocks"])
        + left_out_note(invalid)
    )
    return FigureText(title, alt, caption)


def _widest(medians: pd.DataFrame) -> str:
    if medians.empty:
        return "Too few requests for a median"
    fast, slow = furthest_apart(medians, "latency_ms")
    return (
        f"Medians are furthest apart in {humanize(fast['scenario'])} at {fast['load']}:"
        f" {fast['title']} {number(fast['latency_ms'])} ms,"
        f" {slow['title']} {number(slow['latency_ms'])} ms"
    )


def timeline_figure_text(moments: Timeline, stack_title: str) -> FigureText:
    """Return the figure text of `timeline`."""
    trial = moments.trial
    planned = trial.planned
    worst_ms = float(moments.bins.loc[moments.bins["t_s"] >= 0, "worst_ms"].max())
    median = number(moments.median_ms) if isfinite(moments.median_ms) else "–"
    worst = number(worst_ms) if isfinite(worst_ms) else "–"
    place = f"{stack_title}, {humanize(planned.scenario)}, {planned.load}, block {planned.block}"
    rate = number(trial.counts.completed / trial.window_s, 3)
    title = f"{place}: {rate} requests per second, median {median} ms, slowest {worst} ms"
    failed = sum(trial.counts.errors.values())
    alt = f"{title}. {counted(failed, 'request')} failed. Verdict of the trial: "
    alt += f"{trial.validity.verdict}."
    caption = (
        "One trial: response times of its requests (thinned, the slowest all kept; crosses failed),"
        f" requests sent and completed in every {1000 * BIN_S:g} ms, CPU used in each second."
        f" Verdict of the trial: {trial.validity.verdict}.{_without_warmup(moments)}"
    )
    return FigureText(title, alt, caption)


def _without_warmup(moments: Timeline) -> str:
    """Return the note that a trimmed run lacks the warm-up.

    With it, answers at the start of the window are missing.
    """
    if moments.bins["sent_per_s"].notna().all():
        return ""
    return (
        " This run was trimmed without the requests of this warm-up, some of which were answered in"
        " the window: at its start too few are shown as completed."
    )


def distribution_figure_text(curves: pd.DataFrame, invalid: int) -> FigureText:
    """Return the figure text of `distribution` as an empirical distribution.

    It says which stacks are furthest apart.
    """
    half, tenth = at_share(curves, 0.5), at_share(curves, 0.1)
    title = "Too few requests to draw"
    if len(tenth):
        quick, slow = furthest_apart(tenth, "latency_ms")
        title = (
            f"Nine in ten requests are answered within {number(quick['latency_ms'])} ms by"
            f" {quick['title']}, {number(slow['latency_ms'])} ms by {slow['title']}, in"
            f" {humanize(slow['scenario'])} at {slow['load']}{one_block_note(tenth)}"
        )
    alt = "Share of requests that were answered, by response time. Half of them within: "
    alt += per_cell(half, lambda row: f"{row['title']} {number(row['latency_ms'])} ms")
    caption = (
        "For each response time the share of requests that were answered within it (the empirical"
        " distribution), all blocks merged." + _suspects(curves) + left_out_note(invalid)
    )
    return FigureText(title, alt, caption)


def tail_figure_text(curves: pd.DataFrame, percentiles: pd.DataFrame, invalid: int) -> FigureText:
    """Return the figure text of `distribution` as percentile curves.

    It includes the percentiles that have intervals.
    """
    keys = ["scenario", "load", "title"]
    ends = at_share(curves, 0.1).merge(at_share(curves, 0.5), on=keys, suffixes=("", "_median"))
    title = "Too few requests to draw"
    if len(ends):
        factors = format_range((ends["latency_ms"] / ends["latency_ms_median"]).tolist())
        title = f"The slowest tenth of requests take at least {factors} times their median"
    alt = "Percentiles of response time in milliseconds. "
    alt += per_cell(percentiles.dropna(subset=["latency_ms"]), percentile_text)
    caption = (
        "From left to right fewer and fewer requests take longer: at 99 %, one in a hundred. Both"
        " scales are logarithmic, all blocks merged; curves end where fewer than ten requests lie"
        " beyond. Marks: the median, the 90th percentile and, from"
        f" {MINIMUM_SAMPLES[99]:,} requests on, the 99th, shaded their 95 % intervals."
        + _suspects(curves)
        + left_out_note(invalid)
    )
    return FigureText(title + one_block_note(percentiles), alt, caption)


def over_time_figure_text(found: OverTime) -> FigureText:
    """Return the figure text of `over_time`: the longest time in which a stack sent no answer."""
    trials = found.trials.sort_values("silence_ms", ascending=False, kind="stable")
    longest, *others = rows_of(trials)
    rest = format_range([row["silence_ms"] for row in others])
    title = (
        f"In one typical trial {longest['title']} answered nobody for"
        f" {number(longest['silence_ms'])} ms, in {humanize(longest['scenario'])} at"
        f" {longest['load']}"
    )
    title += f"; the others in theirs for at most {rest.rpartition(' ')[2]} ms" if others else ""
    alt = "Longest time without an answer: " + listed(
        [
            f"{row['title']} {number(row['silence_ms'])} ms, its slowest request"
            f" {number(row['slowest_ms'])} ms"
            for row in rows_of(found.trials)
        ]
    )
    caption = (
        "One typical trial of each stack: the valid one with the median throughput. Each place is a"
        " moment and a response time, the darker the more requests were answered there. A white"
        " column is a moment without an answer; the bracket marks the longest."
        + _verdicts(trials)
        + _lost(trials)
    )
    return FigureText(title, f"{alt}.", caption)


def _lost(trials: pd.DataFrame) -> str:
    """Return the note that a trimmed run lacks answers at the start of the window."""
    if not trials["lost_rows"].any():
        return ""
    return (
        " This run was trimmed without the answers to requests of the warm-up, so the time before"
        " the first answer shown is not known."
    )


def _verdicts(trials: pd.DataFrame) -> str:
    touched = trials.loc[trials["verdict"] != "valid", "title"].tolist()
    return f" Suspect: {listed(touched)}." if touched else ""


def _suspects(curves: pd.DataFrame) -> str:
    titles = curves.loc[curves["suspect_blocks"] > 0, "title"].drop_duplicates().tolist()
    return f" Suspect trials are part of {listed(titles)}." if titles else ""


def percentiles_table(percentiles: pd.DataFrame) -> Table:
    """Return `latency_against_load` with a column for each percentile; – with too few requests."""
    keys = ["scenario", "load", "title"]
    caption = (
        "Response times in ms (the 99th percentile with its 95 % interval), and what share of"
        " requests failed or could not be sent."
    )
    return percentile_columns(percentiles, keys, caption, FAILURE_COLUMNS)


def percentile_columns(
    percentiles: pd.DataFrame, keys: list[str], caption: str, beside: dict[str, str] | None = None
) -> Table:
    beside = beside or {}
    texts = [_percentile_cell(row) for row in rows_of(percentiles)]
    rows = percentiles.assign(text=texts, name=percentiles["percentile"].map(_percentile_name))
    wide = rows.pivot_table(
        index=[*keys, "samples", *beside],
        columns="name",
        values="text",
        aggfunc="first",
        sort=False,
    ).reset_index()
    names = [name for name in rows["name"].unique() if name in wide]
    columns = {key: "stack" if key == "title" else key for key in keys}
    columns |= dict(zip(names, names, strict=True)) | {"samples": "requests"}
    return Table(wide, caption, columns | beside, HUMANIZED | dict.fromkeys(beside, percent))


def _percentile_cell(row: dict[str, Any]) -> str:
    """Format a percentile: `≥ 12.0`, or `120 (95–160)` for a tail."""
    is_tail = row["percentile"] >= NEEDS_INTERVAL and not pd.isna(row["low"])
    value = estimate_text(row, "latency_ms", 3) if is_tail else number(row["latency_ms"], 3)
    return f"{'≥ ' if row['is_bound'] else ''}{value}"


def _percentile_name(percentile: float) -> str:
    return "median" if percentile == 50 else f"{percentile:g}th"


def percentile_rule_text() -> Prose:
    """Return the minimum number of requests for each percentile."""
    needed = [
        f"{'the median' if percentile == 50 else f'the {percentile:g}th'} needs {count:,}"
        for percentile, count in MINIMUM_SAMPLES.items()
        if percentile <= 99
    ]
    return Prose(
        f"Of the merged requests, {listed(needed)} before it is shown. The {NEEDS_INTERVAL}th is"
        " shown with its interval, and not at all from a single block, which gives none."
    )


def percentiles_text() -> Prose:
    """Explain how percentiles are computed from merged counts.

    Includes their resolution and the minimum number of requests.
    """
    needed = listed([f"{least:,} for p{level:g}" for level, least in MINIMUM_SAMPLES.items()])
    return Prose(
        f"**Percentiles.** Response times are counted in logarithmic buckets {RESOLUTION:.1%} wide,"
        " trial by trial; merging blocks adds their counts, and a percentile is read from the sum,"
        f" never averaged. It lies within {RESOLUTION:.1%} of what sorting all the requests would"
        " give. A timeout counts as the time after which it was given up; a percentile among"
        f" timeouts is a lower bound. The fewest requests for one: {needed}. From"
        f" p{NEEDS_INTERVAL} on it is given with its interval over blocks only."
    )


TABLES: Shows = {"percentiles": lambda found: percentiles_table(found.data)}
TEXTS: Shows = {
    "percentile_rule": lambda _: percentile_rule_text(),
    "percentiles": lambda _: percentiles_text(),
}
