"""Response times as tables."""

from typing import Any

import pandas as pd

from webtrial.results.base.display import Table
from webtrial.results.base.formatting import AS_SPOKEN, FAILURE_COLUMNS, interval, number, percent
from webtrial.stats.frames import rows_of
from webtrial.stats.histogram import NEEDS_INTERVAL


def latency_as_table(percentiles: pd.DataFrame) -> Table:
    """`latency_against_load` with a column for each percentile; – of too few requests."""
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
    return Table(wide, caption, columns | beside, AS_SPOKEN | dict.fromkeys(beside, percent))


def _percentile_cell(row: dict[str, Any]) -> str:
    """`≥ 12.0`, of a tail `120 (95–160)`."""
    is_tail = row["percentile"] >= NEEDS_INTERVAL and not pd.isna(row["low"])
    span = f" ({interval(row['low'], row['high'])})" if is_tail else ""
    return f"{'≥ ' if row['is_bound'] else ''}{number(row['latency_ms'], 3)}{span}"


def _percentile_name(percentile: float) -> str:
    return "median" if percentile == 50 else f"{percentile:g}th"
