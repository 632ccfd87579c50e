"""What the figures of distributions, tails and answers over time say, as `words` has others."""

import pandas as pd

from webtrial.results.base.figure_text import (
    Words,
    left_out_note,
    one_block_note,
    per_cell,
    percentile_text,
)
from webtrial.results.base.formatting import listed, number, reach, spoken
from webtrial.results.latency.over_time import OverTime
from webtrial.stats.frames import furthest_apart, rows_of
from webtrial.stats.histogram import MINIMUM_SAMPLES


def distribution(curves: pd.DataFrame, invalid: int) -> Words:
    """Of `distribution` as a share that was answered within a time: who is furthest apart."""
    half, tenth = at_share(curves, 0.5), at_share(curves, 0.1)
    title = "Too few requests to draw"
    if len(tenth):
        quick, slow = furthest_apart(tenth, "latency_ms")
        title = (
            f"Nine in ten requests are answered within {number(quick['latency_ms'])} ms by"
            f" {quick['title']}, {number(slow['latency_ms'])} ms by {slow['title']}, in"
            f" {spoken(slow['scenario'])} at {slow['load']}{one_block_note(tenth)}"
        )
    alt = "Share of requests that were answered, by response time. Half of them within: "
    alt += per_cell(half, lambda row: f"{row['title']} {number(row['latency_ms'])} ms")
    caption = (
        "For each response time the share of requests that were answered within it (the empirical"
        " distribution), all blocks merged." + _suspects(curves) + left_out_note(invalid)
    )
    return Words(title, alt, caption)


def tail(curves: pd.DataFrame, percentiles: pd.DataFrame, invalid: int) -> Words:
    """Of `distribution` as percentile curves, with the percentiles that have intervals."""
    keys = ["scenario", "load", "title"]
    ends = at_share(curves, 0.1).merge(at_share(curves, 0.5), on=keys, suffixes=("", "_median"))
    title = "Too few requests to draw"
    if len(ends):
        factors = (ends["latency_ms"] / ends["latency_ms_median"]).tolist()
        title = f"The slowest tenth of requests take at least {reach(factors)} times their median"
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
    return Words(title + one_block_note(percentiles), alt, caption)


def over_time(found: OverTime) -> Words:
    """Of `over_time`: the longest time in which a stack answered nobody."""
    trials = found.trials.sort_values("silence_ms", ascending=False, kind="stable")
    longest, *others = rows_of(trials)
    rest = reach([row["silence_ms"] for row in others])
    title = (
        f"In one typical trial {longest['title']} answered nobody for"
        f" {number(longest['silence_ms'])} ms, in {spoken(longest['scenario'])} at"
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
    return Words(title, f"{alt}.", caption)


def _lost(trials: pd.DataFrame) -> str:
    """That a trimmed run lacks answers at the start of the window."""
    if not trials["lost_rows"].any():
        return ""
    return (
        " This run was trimmed without the answers to requests of the warm-up, so the time before"
        " the first answer shown is not known."
    )


def _verdicts(trials: pd.DataFrame) -> str:
    touched = trials.loc[trials["verdict"] != "valid", "title"].tolist()
    return f" Suspect: {listed(touched)}." if touched else ""


def at_share(curves: pd.DataFrame, share: float) -> pd.DataFrame:
    """The point of each curve nearest to a share, none where it is not near."""
    apart = (curves["share_slower"] - share).abs()
    near = curves.assign(apart=apart)[apart < 0.2 * share].sort_values("apart", kind="stable")
    return near.drop_duplicates(["scenario", "load", "title"]).sort_index()


def _suspects(curves: pd.DataFrame) -> str:
    titles = curves.loc[curves["suspect_blocks"] > 0, "title"].drop_duplicates().tolist()
    return f" Suspect trials are part of {listed(titles)}." if titles else ""
