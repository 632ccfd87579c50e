"""What is said of searches."""

import pandas as pd

from webtrial.results.base.display import Prose
from webtrial.results.base.figure_text import (
    FigureText,
    left_out_note,
    one_block_note,
    per_cell,
    ring_note,
)
from webtrial.results.base.formatting import listed, number, reach
from webtrial.results.search.estimate import TOGETHER
from webtrial.stats.frames import rows_of


def search_figure_text(percentiles: pd.DataFrame, invalid: int) -> FigureText:
    """Of `search_by_selectivity`: what a rare word takes beside a common one."""
    medians = percentiles[percentiles["percentile"] == 50]
    wide = medians.pivot_table("latency_ms", ["load", "title"], "kind", sort=False, observed=True)
    title = "Response times by what is searched"
    if {"common", "rare"} <= set(wide.columns):
        times = (wide["rare"] / wide["common"]).dropna()
        title = (
            f"A search for a rare word takes {reach(times.tolist())} times the median of one for"
        )
        title += f" a common word{one_block_note(medians)}"
    alt = "Median response times in milliseconds. " + per_cell(
        medians.dropna(subset=["latency_ms"]),
        lambda row: f"{row['title']} {row['kind']} {number(row['latency_ms'])}",
    )
    caption = (
        "Response time of a search by how common its word is, on a log scale. Mark: median with its"
        " 95 % interval; bar: 90th percentile."
        + ring_note(percentiles["suspect_blocks"])
        + left_out_note(invalid)
    )
    return FigureText(title, alt, caption)


def search_in_words(by_kind: pd.DataFrame) -> Prose:
    """How many times as long a rare word takes as a common one, by stack and load."""
    medians = by_kind[by_kind["percentile"] == 50]
    wide = medians.pivot_table(
        index=["load", "title"], columns="kind", values="latency_ms", observed=True
    )
    if not {"common", "rare"} <= set(wide.columns):
        return Prose("This run has no search for both common and rare words.")
    factors = (wide["rare"] / wide["common"]).dropna()
    said = [f"at {load} {reach(group.tolist())} times" for load, group in factors.groupby("load")]
    return Prose(
        "In the median a search for a rare word took "
        f"{listed(said)} as long as one for a common word, depending on the stack."
    )


def search_spread_in_words(table: pd.DataFrame) -> Prose:
    """At which kinds of word the frameworks come together."""
    if table.empty:
        return Prose("")
    said = [
        f"with the trigram index {there}" if has_index else f"without it {there}"
        for has_index, part in table.groupby("index", sort=False)
        if (there := _together(part))
    ]
    return Prose(
        f"Within a factor of {TOGETHER:g} of each other the frameworks count as having come"
        f" together: {'; '.join(said)}."
    )


def _together(part: pd.DataFrame) -> str:
    near = part.loc[part["together"], "kind"].tolist()
    apart = [
        f"{number(row['ratio'])} times for {row['kind']} ones"
        for row in rows_of(part[~part["together"]])
    ]
    told = [f"they do for {listed(near)} words"] if near else []
    told += [f"they differ {listed(apart)}"] if apart else []
    return " and ".join(told)
