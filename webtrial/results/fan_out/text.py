"""What is said of sources asked in turn and at once."""

import pandas as pd

from webtrial.results.base.display import Prose
from webtrial.results.base.figure_text import FigureText, interval_note, one_block_note
from webtrial.results.base.formatting import counted, listed, number, reach
from webtrial.stats.frames import rows_of


def figure_text(table: pd.DataFrame, ratios: pd.DataFrame) -> FigureText:
    """Of `fan_out` and its `fan_out_ratios` of at once over in turn: at which delays asking at once
    is quicker, where it is slower, by which factors."""
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
        "Median response time against the number of sources, one request at a time, a panel for"
        " each delay. Grey lines are the formula: delay × sources in turn (dashed), the delay alone"
        f" at once (solid). {interval_note(table)}"
    )
    return FigureText(title + one_block_note(table), f"{alt}.", caption)


def _at_once_over_in_turn(ratios: pd.DataFrame) -> str:
    """`Asked at once, 2 to 8 sources of 10 to 100 ms answer 1.8 to 7.8 times as fast as in turn; at
    0 ms asking at once takes 1.4 to 1.7 times as long with FastAPI (4 and 8 sources), else not
    decided`."""
    single = bool((ratios["blocks"] <= 1).all())
    quicker = ratios["ratio"] < 1 if single else ratios["verdict"] == "lower"
    everywhere = quicker.groupby(ratios["delay_ms"]).transform("all")
    said = [_quicker(ratios[everywhere])] if everywhere.any() else []
    for delay_ms, rows in ratios[~everywhere].groupby("delay_ms"):
        slower = rows["ratio"] >= 1 if single else rows["verdict"] == "higher"
        said.append(f"at {delay_ms:g} ms {_mixed(rows, quicker[rows.index], slower)}")
    start = "" if everywhere.any() else "Asking at once over asking in turn: "
    return start + "; ".join(said)


def _quicker(rows: pd.DataFrame) -> str:
    counts, delays = (_span_of(rows[name]) for name in ("count", "delay_ms"))
    factor = reach((1 / rows["ratio"]).tolist())
    said = f"Asked at once, {counts} sources of {delays} ms answer {factor} times as fast"
    return f"{said} as in turn"


def _span_of(values: pd.Series) -> str:
    """`2 to 8`."""
    return " to ".join(dict.fromkeys(f"{each:g}" for each in (values.min(), values.max())))


def _mixed(rows: pd.DataFrame, quicker: pd.Series, slower: pd.Series) -> str:
    """What is decided at a delay at which not all rows are quicker."""
    said = [
        f"takes {reach(rows.loc[chosen, 'ratio'].tolist())} times as long with"
        f" {_pairs_and_counts(rows[chosen])}"
        for chosen in (slower, quicker)
        if chosen.any()
    ]
    if not said:
        return "neither is shown to be quicker"
    rest = "" if (slower | quicker).all() else ", else not decided"
    return f"asking at once {' and '.join(said)}{rest}"


def _pairs_and_counts(rows: pd.DataFrame) -> str:
    """`FastAPI (4 and 8 sources)`."""
    return listed(
        [
            f"{title} ({listed([str(count) for count in part['count']])} sources)"
            for title, part in rows.groupby("title", sort=False)
        ]
    )


def _longest_delay(table: pd.DataFrame) -> str:
    """What the most sources of the longest delay take, where no two stacks differ in how they ask
    alone."""
    most = table[table["count"] == table["count"].max()]
    longest = most[most["delay_ms"] == most["delay_ms"].max()]
    delay_ms, count = float(longest["delay_ms"].iloc[0]), int(longest["count"].iloc[0])
    ways = [
        f"asked {way} {reach((part['median_ms'] / delay_ms).tolist())} times this delay"
        for way, part in longest.groupby(_asked(longest), sort=False)
        if delay_ms
    ]
    if not ways:
        return f"Median response time of a request for up to {counted(count, 'source')}"
    return f"A request for {counted(count, 'source')} of {delay_ms:g} ms takes {listed(ways)}"


def _asked(table: pd.DataFrame) -> pd.Series:
    return table["sources"].where(table["sources"] == "in turn", "at once")


CLAIMED_SOURCES = 4


CLAIMED_RATIO = 4.0
"""What the article says of its dashboard: four sources asked in turn take four times as long."""


def fan_out_in_words(ratios: pd.DataFrame) -> Prose:
    """Of `fan_out_ratios` against FastAPI as deployed: how near in turn comes to the article's
    factor, and how far asking at once narrows it."""
    rows = ratios[(ratios["count"] == CLAIMED_SOURCES) & (ratios["delay_ms"] > 0)]
    if rows.empty:
        return Prose("")
    against = str(rows["baseline_title"].iloc[0])
    told = [
        f"{title} {reach(part['ratio'].tolist())} times"
        for title, part in rows.groupby("title", sort=False)
    ]
    delays = reach(rows["delay_ms"].tolist())
    return Prose(
        f"The article: {CLAIMED_SOURCES} sources take {CLAIMED_RATIO:g} times as long asked in"
        f" turn. Measured with {CLAIMED_SOURCES} sources of {delays} ms, one request at a time,"
        f" as many times as long as {against}: {'; '.join(told)}."
    )
