"""Sources asked in turn and at once as tables."""

from typing import Any

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.ratio_labels import ALSO_DIFFERS, ratio_text, with_span
from webtrial.results.overview.findings import DECIDED
from webtrial.stats.frames import rows_of


def fan_out_costs_as_table(table: pd.DataFrame) -> Table | Prose:
    """`fan_out_costs`: what asking takes beyond the formula; nothing of none."""
    if table.empty:
        return Prose("")
    columns = {"title": "stack", "sources": "asks", "base_ms": "a request (ms)"}
    columns |= {"per_source_ms": "each source (ms)", "span": "95 % interval"}
    caption = "What a request takes beyond the formula: a line over the number of sources."
    return Table(with_span(table), caption, columns)


def crossovers_as_table(table: pd.DataFrame) -> Table | Prose:
    """`crossovers`: a column for each number of sources; nothing of none."""
    if table.empty:
        return Prose("")
    named = table.assign(
        column=[f"{count} sources" for count in table["count"]],
        text=[_crossover_text(row) for row in rows_of(table)],
    )
    wide = named.pivot(index=["title", "baseline_title"], columns="column", values="text")
    columns = {"title": "at once", "baseline_title": "in turn"}
    counts = [f"{count} sources" for count in sorted(table["count"].unique())]
    return Table(
        wide.reset_index(),
        "From which measured delay of a source (ms) on asking at once is quicker than in turn; in"
        " brackets the longest delay at which it is not, and how many times as long it takes there"
        " (95 % interval; ? not decided).",
        columns | {name: name for name in counts},
    )


def _crossover_text(row: dict[str, Any]) -> str:
    """`10 (0: 1.4 (1.2–1.6))`; – in place of a delay where it is quicker at none."""
    first = "–" if pd.isna(row["quicker_from_ms"]) else f"{row['quicker_from_ms']:g}"
    if not row["verdict"]:
        return first
    doubt = "" if row["verdict"] in DECIDED else " ?"
    return f"{first} ({row['not_below_ms']:g}: {ratio_text(row)}{doubt})"


def fan_out_ratios_as_table(table: pd.DataFrame, count: int) -> Table | Prose:
    """`fan_out_ratios` with `count` sources: a column for each delay; nothing of none."""
    rows = table[table["count"] == count]
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
        f"How many times as long a request for {count} sources takes, first over second (95 %"
        " interval), by the delay of each source.",
        {"pair": "comparison"} | {name: name for name in delays} | {"differs": ALSO_DIFFERS},
    )
