"""Rates that were served as a table."""

from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.formatting import AS_SPOKEN, number, percent, rate
from webtrial.stats.frames import rows_of


def rates_in_time_as_table(table: pd.DataFrame, p99_limit_ms: float) -> Table | Prose:
    """`rates_in_time`: between which rates a stack's capacity lies; nothing of no open load."""
    if table.empty:
        return Prose("")
    columns = {"scenario": "scenario", "title": "stack", "served": "served (1/s)"}
    columns |= {"late_share": "late", "missed_per_s": "not served (1/s)"}
    columns |= {"missed_late_share": "late then", "judged": "rates judged"}
    return Table(
        table.assign(served=[_served_text(row) for row in rows_of(table)]),
        f"The highest offered rate that was served within {number(p99_limit_ms)} ms, and the lowest"
        " above it that was not, each with the share of its requests that were late. –: none was"
        " offered.",
        columns | {"unknown": "cannot be told"},
        AS_SPOKEN | {"late_share": percent, "missed_per_s": rate, "missed_late_share": percent},
    )


def _served_text(row: dict[str, Any]) -> str:
    if not row["judged"]:
        return "not measured"
    if not isfinite(row["rate_per_s"]):
        return f"< {rate(row['missed_per_s'])}"
    return "≥ " * (not isfinite(row["missed_per_s"])) + rate(row["rate_per_s"])
