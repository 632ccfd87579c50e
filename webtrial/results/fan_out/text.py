"""Figure text, tables and sentences about sources called in turn and at once."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.figure_text import FigureText, interval_note, one_block_note
from webtrial.results.base.formatting import format_range, listed, number, pluralize
from webtrial.results.base.ratio_labels import ALSO_DIFFERS, ratio_text, with_span
from webtrial.results.base.result import Renderers
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED

if TYPE_CHECKING:
    from webtrial.results.fan_out import FanOut


def figure_text(table: pd.DataFrame, ratios: pd.DataFrame) -> FigureText:
    """Return the figure text of `response_times` and of the at once / in turn `median_ratios`.

    It says at which delays calling at once is faster, where it is slower, and by which factors.
    """
    several = ratios[ratios["count"] > 1]
    title = _at_once_over_in_turn(several) if len(several) else _longest_delay(table)
    alt = "Median milliseconds. " + "; ".join(
        f"{stack}: "
        + ", ".join(
            f"{row['count']} × {row['delay_ms']:g} ms {number(row['median_ms'])}"
            for row in rows_of(part)
        )
        for stack, part in table.groupby("title", sort=False)
    )
    caption = (
        "Median response time by number of sources, with one request at a time and one panel per"
        " delay. Grey lines show the formula: delay × sources in turn (dashed), the delay alone at"
        f" once (solid). {interval_note(table)}"
    )
    return FigureText(title + one_block_note(table), f"{alt}.", caption)


def _at_once_over_in_turn(ratios: pd.DataFrame) -> str:
    """Return by which factors calling at once is faster or slower than in turn.

    Example: `Calling 2 to 8 sources of 10 to 100 ms at once is 1.8 to 7.8 times as fast as in turn;
    at 0 ms it takes 1.4 to 1.7 times as long with FastAPI (4 and 8 sources), otherwise undecided`.
    """
    single = bool((ratios["blocks"] <= 1).all())
    faster = ratios["ratio"] < 1 if single else ratios["verdict"] == "lower"
    everywhere = faster.groupby(ratios["delay_ms"]).transform("all")
    parts = [_faster_text(ratios[everywhere])] if everywhere.any() else []
    for delay_ms, rows in ratios[~everywhere].groupby("delay_ms"):
        slower = rows["ratio"] >= 1 if single else rows["verdict"] == "higher"
        parts.append(f"at {delay_ms:g} ms {_mixed(rows, faster[rows.index], slower)}")
    start = "" if everywhere.any() else "Calling sources at once instead of in turn: "
    return start + "; ".join(parts)


def _faster_text(rows: pd.DataFrame) -> str:
    counts, delays = (_range_text(rows[name]) for name in ("count", "delay_ms"))
    factor = format_range((1 / rows["ratio"]).tolist())
    return f"Calling {counts} sources of {delays} ms at once is {factor} times as fast as in turn"


def _range_text(values: pd.Series) -> str:
    """Format a range: `2 to 8`."""
    return " to ".join(dict.fromkeys(f"{each:g}" for each in (values.min(), values.max())))


def _mixed(rows: pd.DataFrame, faster: pd.Series, slower: pd.Series) -> str:
    """Return what is decided at a delay at which not all rows are faster."""
    texts = [
        f"{format_range(rows.loc[chosen, 'ratio'].tolist())} times as long with"
        f" {_pairs_and_counts(rows[chosen])}"
        for chosen in (slower, faster)
        if chosen.any()
    ]
    if not texts:
        return "neither is shown to be faster"
    rest = "" if (slower | faster).all() else ", otherwise undecided"
    return f"it takes {' and '.join(texts)}{rest}"


def _pairs_and_counts(rows: pd.DataFrame) -> str:
    """List pairs with their numbers of sources: `FastAPI (4 and 8 sources)`."""
    return listed(
        [
            f"{title} ({listed([str(count) for count in part['count']])} sources)"
            for title, part in rows.groupby("title", sort=False)
        ]
    )


def _longest_delay(table: pd.DataFrame) -> str:
    """Return how long the most sources with the longest delay take.

    Used if no two stacks differ only in how they call sources.
    """
    most = table[table["count"] == table["count"].max()]
    longest = most[most["delay_ms"] == most["delay_ms"].max()]
    delay_ms, count = float(longest["delay_ms"].iloc[0]), int(longest["count"].iloc[0])
    ways = [
        f"{format_range((part['median_ms'] / delay_ms).tolist())} times this delay {way}"
        for way, part in longest.groupby(_call_order(longest), sort=False)
        if delay_ms
    ]
    if not ways:
        return f"Median response time of a request that calls up to {pluralize(count, 'source')}"
    return (
        f"A request that calls {pluralize(count, 'source')} of {delay_ms:g} ms takes {listed(ways)}"
    )


def _call_order(table: pd.DataFrame) -> pd.Series:
    return table["sources"].where(table["sources"] == "in turn", "at once")


CLAIMED_SOURCES = 4
CLAIMED_RATIO = 4.0
"""The article's claim about its dashboard: four sources called in turn take four times as long."""


def article_text(result: "FanOut") -> Prose:
    """Compare the measured factors over FastAPI as deployed with the article's factor."""
    ratios = result.over_reference
    rows = ratios[(ratios["count"] == CLAIMED_SOURCES) & (ratios["delay_ms"] > 0)]
    if rows.empty:
        return Prose("")
    reference = str(rows["baseline_title"].iloc[0])
    texts = [
        f"{title} {format_range(part['ratio'].tolist())} times"
        for title, part in rows.groupby("title", sort=False)
    ]
    delays = format_range(rows["delay_ms"].tolist())
    return Prose(
        f"According to the article, {CLAIMED_SOURCES} sources take {CLAIMED_RATIO:g} times as long"
        f" when called in turn. Measured with {CLAIMED_SOURCES} sources of {delays} ms and one"
        f" request at a time, median response time relative to {reference}: {'; '.join(texts)}."
    )


def overhead_table(result: "FanOut") -> Table | Prose:
    """Return the overhead of calling sources; empty prose if there is none."""
    if result.overhead.empty:
        return Prose("")
    columns = {"title": "stack", "sources": "sources called", "base_ms": "per request (ms)"}
    columns |= {"per_source_ms": "per source (ms)", "span": "95 % interval"}
    caption = (
        "Response time beyond the formula, as a line fitted over the number of sources. The"
        " interval is that of the time per source."
    )
    return Table(with_span(result.overhead), caption, columns)


def break_even_table(result: "FanOut") -> Table | Prose:
    """Return the delay from which on calling at once is faster.

    A column for each number of sources. Empty prose if no two stacks differ only in how they call
    sources.
    """
    return _break_even(result.break_even)


def _break_even(table: pd.DataFrame) -> Table | Prose:
    if table.empty:
        return Prose("")
    named = table.assign(
        column=[f"{count} sources" for count in table["count"]],
        text=[_break_even_text(row) for row in rows_of(table)],
    )
    wide = named.pivot(index=["title", "baseline_title"], columns="column", values="text")
    columns = {"title": "at once", "baseline_title": "in turn"}
    counts = [f"{count} sources" for count in sorted(table["count"].unique())]
    return Table(
        wide.reset_index(),
        "Shortest measured delay of a source (ms) from which on calling at once is faster than in"
        " turn. In brackets: the longest delay at which it is not shown to be faster, and the ratio"
        " of the response times there (95 % interval; ? undecided).",
        columns | {name: name for name in counts},
    )


def _break_even_text(row: dict[str, Any]) -> str:
    """Format a break-even delay: `10 (0: 1.4 (1.2–1.6))`.

    – replaces the delay if calling at once is faster at none.
    """
    first = "–" if pd.isna(row["quicker_from_ms"]) else f"{row['quicker_from_ms']:g}"
    if not row["verdict"]:
        return first
    doubt = "" if row["verdict"] in DECIDED else " ?"
    return f"{first} ({row['not_below_ms']:g}: {ratio_text(row)}{doubt})"


def ratio_table(result: "FanOut", count: int = CLAIMED_SOURCES) -> Table | Prose:
    """Return every stack over FastAPI as deployed with `count` sources, a column for each delay.

    Empty prose without such pairs.
    """
    ratios = result.over_reference
    rows = ratios[ratios["count"] == count]
    if rows.empty:
        return Prose("")
    named = rows.assign(
        text=[ratio_text(row) for row in rows_of(rows)],
        column=[f"{delay_ms:g} ms" for delay_ms in rows["delay_ms"]],
        pair=rows["title"] + " / " + rows["baseline_title"],
    )
    keys = ["pair", "differs"]
    wide = named.pivot_table("text", keys, "column", aggfunc="first", sort=False).reset_index()
    delays = [f"{delay_ms:g} ms" for delay_ms in sorted(rows["delay_ms"].unique())]
    return Table(
        wide,
        f"Ratio of the median response times of a request that calls {count} sources, first over"
        " second (95 % interval), by the delay of each source.",
        {"pair": "comparison"} | {name: name for name in delays} | {"differs": ALSO_DIFFERS},
    )


TABLES: Renderers = {
    "overhead": overhead_table,
    "break_even": break_even_table,
    "ratios": ratio_table,
}
TEXTS: Renderers = {"article": article_text}
