"""Texts and tables of searches."""

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.figure_text import (
    FigureText,
    left_out_note,
    one_block_note,
    per_cell,
    ring_note,
)
from webtrial.results.base.formatting import format_range, listed, number
from webtrial.results.base.ratio_labels import ratio_text, with_span
from webtrial.results.base.result import Shows
from webtrial.results.latency.text import percentile_columns
from webtrial.results.search.estimate import TOGETHER
from webtrial.stats.frames import rows_of


def search_figure_text(percentiles: pd.DataFrame, invalid: int) -> FigureText:
    """Return the figure text of `search_by_selectivity`: a rare word compared with a common one."""
    medians = percentiles[percentiles["percentile"] == 50]
    wide = medians.pivot_table("latency_ms", ["load", "title"], "kind", sort=False, observed=True)
    title = "Response times by what is searched"
    if {"common", "rare"} <= set(wide.columns):
        times = format_range((wide["rare"] / wide["common"]).dropna().tolist())
        title = f"A search for a rare word takes {times} times the median of one for a common word"
        title += one_block_note(medians)
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


def percentiles_table(percentiles: pd.DataFrame) -> Table:
    """Return `search_by_selectivity` with a column for each percentile."""
    caption = "Response times of searches in ms, by how common the word is."
    return percentile_columns(percentiles, ["load", "title", "kind"], caption)


def spread_table(table: pd.DataFrame) -> Table | Prose:
    """Return `search_spread`: how far apart the frameworks are, by kind of word and index."""
    if table.empty:
        return Prose("*This run has no search by two frameworks.*")
    rows = with_span(table).assign(index=table["index"].map({True: "there", False: "dropped"}))
    columns = {"index": "trigram index", "kind": "word", "fastest": "fastest", "fastest_ms": "ms"}
    columns |= {"slowest": "slowest", "slowest_ms": "ms", "ratio": "ratio"}
    caption = f"Median response times of searches at {table['load'].iloc[0]}, framework against"
    return Table(rows, f"{caption} framework.", columns | {"span": "95 % interval"})


def ratios_table(table: pd.DataFrame) -> Table | Prose:
    """Return `search_ratios`: a row per pair, a column per kind of word."""
    if table.empty:
        return Prose(
            "*No stack of this run searches without the index or with its queries at once.*"
        )
    named = table.assign(
        text=[ratio_text(row) for row in rows_of(table)],
        pair=table["title"] + " / " + table["baseline_title"],
    )
    wide = named.pivot_table("text", "pair", "kind", aggfunc="first", sort=False).reset_index()
    kinds = [kind for kind in table["kind"].unique() if kind in wide]
    return Table(
        wide,
        f"How many times as long a search takes in the median at {table['load'].iloc[0]}, first"
        " over second (95 % interval), by how common the word is.",
        {"pair": "comparison"} | {kind: kind for kind in kinds},
    )


def search_text(by_kind: pd.DataFrame) -> Prose:
    """Return the ratio of a rare word's time to a common word's, by stack and load."""
    medians = by_kind[by_kind["percentile"] == 50]
    wide = medians.pivot_table(
        index=["load", "title"], columns="kind", values="latency_ms", observed=True
    )
    if not {"common", "rare"} <= set(wide.columns):
        return Prose("This run has no search for both common and rare words.")
    factors = (wide["rare"] / wide["common"]).dropna()
    said = [
        f"at {load} {format_range(group.tolist())} times" for load, group in factors.groupby("load")
    ]
    return Prose(
        "In the median a search for a rare word took "
        f"{listed(said)} as long as one for a common word, depending on the stack."
    )


def spread_text(table: pd.DataFrame) -> Prose:
    """Return at which kinds of word the frameworks converge."""
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


TABLES: Shows = {
    "percentiles": lambda found: percentiles_table(found.data),
    "spread": lambda found: spread_table(found.spread),
    "ratios": lambda found: ratios_table(found.ratios),
}
TEXTS: Shows = {
    "by_kind": lambda found: search_text(found.data),
    "spread": lambda found: spread_text(found.spread),
}
