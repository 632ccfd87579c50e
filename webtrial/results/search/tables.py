"""Searches as tables."""

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.ratio_labels import ratio_text, with_span
from webtrial.results.latency.tables import percentile_columns
from webtrial.stats.frames import rows_of


def search_as_table(percentiles: pd.DataFrame) -> Table:
    """`search_by_selectivity` with a column for each percentile."""
    caption = "Response times of searches in ms, by how common the word is."
    return percentile_columns(percentiles, ["load", "title", "kind"], caption)


def search_spread_as_table(table: pd.DataFrame) -> Table | Prose:
    """`search_spread`: how far apart the frameworks are, by kind of word and index."""
    if table.empty:
        return Prose("*This run has no search by two frameworks.*")
    rows = with_span(table).assign(index=table["index"].map({True: "there", False: "dropped"}))
    columns = {"index": "trigram index", "kind": "word", "fastest": "fastest", "fastest_ms": "ms"}
    columns |= {"slowest": "slowest", "slowest_ms": "ms", "ratio": "ratio"}
    caption = f"Median response times of searches at {table['load'].iloc[0]}, framework against"
    return Table(rows, f"{caption} framework.", columns | {"span": "95 % interval"})


def search_ratios_as_table(table: pd.DataFrame) -> Table | Prose:
    """`search_ratios`: a row per pair, a column per kind of word."""
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
