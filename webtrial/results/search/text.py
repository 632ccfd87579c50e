"""Texts and tables of searches."""

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.figure_text import (
    FigureText,
    invalid_note,
    one_block_note,
    per_cell,
    ring_note,
)
from webtrial.results.base.formatting import format_range, listed, number
from webtrial.results.base.ratio_labels import ratio_text, with_span
from webtrial.results.base.result import Renderers
from webtrial.results.latency.text import percentile_columns
from webtrial.results.search.estimate import CONVERGENCE_FACTOR
from webtrial.stats.frames import rows_of


def search_figure_text(percentiles: pd.DataFrame, invalid: int) -> FigureText:
    """Return the figure text of `search_by_selectivity`: a rare word compared with a common one."""
    medians = percentiles[percentiles["percentile"] == 50]
    wide = medians.pivot_table("latency_ms", ["load", "title"], "kind", sort=False, observed=True)
    title = "Response times of searches by word frequency"
    if {"common", "rare"} <= set(wide.columns):
        times = format_range((wide["rare"] / wide["common"]).dropna().tolist())
        title = (
            f"The median search for a rare word takes {times} times as long as one for a common"
            f" word{one_block_note(medians)}"
        )
    alt = "Median response times in milliseconds. " + per_cell(
        medians.dropna(subset=["latency_ms"]),
        lambda row: f"{row['title']} {row['kind']} {number(row['latency_ms'])}",
    )
    caption = (
        "Response time of searches by frequency of the searched word, on a log scale. Mark: median"
        " with its 95 % interval; bar: 90th percentile."
        + ring_note(percentiles["suspect_blocks"])
        + invalid_note(invalid)
    )
    return FigureText(title, alt, caption)


def percentiles_table(percentiles: pd.DataFrame) -> Table:
    """Return `search_by_selectivity` with a column for each percentile."""
    caption = "Response times of searches in ms, by word frequency."
    return percentile_columns(percentiles, ["load", "title", "kind"], caption)


def spread_table(table: pd.DataFrame) -> Table | Prose:
    """Return `search_spread`: how far apart the frameworks are, by kind of word and index."""
    if table.empty:
        return Prose("*This run has no searches by two frameworks to compare.*")
    rows = with_span(table).assign(index=table["index"].map({True: "present", False: "dropped"}))
    columns = {
        "index": "trigram index",
        "kind": "word frequency",
        "fastest": "fastest",
        "fastest_ms": "ms",
    }
    columns |= {"slowest": "slowest", "slowest_ms": "ms", "ratio": "ratio"}
    caption = f"Fastest and slowest median response time of searches at {table['load'].iloc[0]}."
    return Table(rows, caption, columns | {"span": "95 % interval"})


def ratios_table(table: pd.DataFrame) -> Table | Prose:
    """Return `search_ratios`: a row per pair, a column per kind of word."""
    if table.empty:
        return Prose(
            "*This run has no two stacks that differ only in the trigram index or in the order of"
            " their search queries.*"
        )
    texts = table.assign(
        text=[ratio_text(row) for row in rows_of(table)],
        pair=table["title"] + " / " + table["baseline_title"],
    )
    wide = texts.pivot_table("text", "pair", "kind", aggfunc="first", sort=False).reset_index()
    kinds = [kind for kind in table["kind"].unique() if kind in wide]
    return Table(
        wide,
        f"Ratios of median search times at {table['load'].iloc[0]}, first stack over second (95 %"
        " interval), by word frequency.",
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
    by_load = [
        f"{format_range(group.tolist())} times as long at {load}"
        for load, group in factors.groupby("load")
    ]
    return Prose(
        "Compared with a common word, the median search for a rare word took"
        f" {listed(by_load)}, depending on the stack."
    )


def spread_text(table: pd.DataFrame) -> Prose:
    """Return at which kinds of word the frameworks converge."""
    if table.empty:
        return Prose("")
    sentences = [
        f"{'With' if has_index else 'Without'} the trigram index, they {_convergence(part)}."
        for has_index, part in table.groupby("index", sort=False)
    ]
    return Prose(
        "The frameworks count as converged if their medians lie within a factor of"
        f" {CONVERGENCE_FACTOR:g}. {' '.join(sentences)}"
    )


def _convergence(part: pd.DataFrame) -> str:
    converged = part.loc[part["together"], "kind"].tolist()
    factors = [
        f"{number(row['ratio'])} for {row['kind']} words"
        for row in rows_of(part[~part["together"]])
    ]
    texts = [f"converge for {listed(converged)} words"] if converged else []
    texts += [f"differ by a factor of {listed(factors)}"] if factors else []
    return " and ".join(texts)


TABLES: Renderers = {
    "percentiles": lambda result: percentiles_table(result.data),
    "spread": lambda result: spread_table(result.spread),
    "ratios": lambda result: ratios_table(result.ratios),
}
TEXTS: Renderers = {
    "by_kind": lambda result: search_text(result.data),
    "spread": lambda result: spread_text(result.spread),
}
