"""The turns of phrase that figures' words have in common."""

from collections.abc import Callable
from math import isfinite
from typing import Any, NamedTuple

import pandas as pd

from webtrial.results.base.formatting import counted, humanize, interval, number, whole_percent
from webtrial.stats.frames import rows_of
from webtrial.stats.histogram import NEEDS_INTERVAL
from webtrial.stats.thresholds import TOLERATED_SHARE

INTERVALS = "Lines are 95 % intervals over blocks (Student's t on the log scale)."
ONE_BLOCK = "One block: no interval, no verdict."


def per_cell(table: pd.DataFrame, text: Callable[[dict[str, Any]], str]) -> str:
    """`scenario, load: a, b; …` with `text(row)` for each row."""
    parts = [
        f"{humanize(str(scenario))}, {load}: " + ", ".join(text(row) for row in rows_of(cell))
        for (scenario, load), cell in table.groupby(["scenario", "load"], sort=False)
    ]
    return "; ".join(parts) + "."


def within(row: dict[str, Any]) -> str:
    """The interval of a row in brackets, nothing where it has none."""
    if not isfinite(row["low"]):
        return ""
    return f" ({interval(row['low'], row['high'])})"


def percentile_text(row: dict[str, Any]) -> str:
    """`Flask p90 12`, `Flask p99 at least 120 (95–160)`: of a row of `latency_against_load`."""
    least = "at least " if row["is_bound"] else ""
    span = within(row) if row["percentile"] >= NEEDS_INTERVAL else ""
    return f"{row['title']} p{row['percentile']:g} {least}{number(row['latency_ms'])}{span}"


def interval_note(table: pd.DataFrame) -> str:
    """What the lines are, or why there are none."""
    return INTERVALS if (table["blocks"] > 1).any() else ONE_BLOCK


def ring_note(suspect: pd.Series) -> str:
    """What an amber ring is, where there is one."""
    return " Ringed: suspect trials are part of it." if suspect.any() else ""


def left_out_note(invalid: int) -> str:
    """How many trials of what is drawn are invalid, where any is."""
    was = "is" if invalid == 1 else "are"
    return f" {counted(invalid, 'trial')} of these {was} invalid and left out." if invalid else ""


def one_block_note(table: pd.DataFrame) -> str:
    """Ends the title of what rests on a single block."""
    single = len(table) and (table["blocks"] <= 1).all()
    return " (one block: no interval, no verdict)" if single else ""


def bounds_note(percentiles: pd.DataFrame) -> str:
    return (
        " Where requests timed out the percentile is at least that."
        if percentiles["is_bound"].any()
        else ""
    )


SERVED_PERCENT = whole_percent(1 - TOLERATED_SHARE)


class FigureText(NamedTuple):
    """The text of a drawing."""

    title: str
    alt: str
    caption: str
