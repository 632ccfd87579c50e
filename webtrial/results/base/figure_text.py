"""Phrases that the texts of several figures share."""

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
    """Return `scenario, load: a, b; …`, with `text(row)` for each row."""
    parts = [
        f"{humanize(str(scenario))}, {load}: " + ", ".join(text(row) for row in rows_of(cell))
        for (scenario, load), cell in table.groupby(["scenario", "load"], sort=False)
    ]
    return "; ".join(parts) + "."


def within(row: dict[str, Any]) -> str:
    """Return the interval of a row in brackets, "" if it has none."""
    if not isfinite(row["low"]):
        return ""
    return f" ({interval(row['low'], row['high'])})"


def percentile_text(row: dict[str, Any]) -> str:
    """Return a row of `latency_against_load` as text.

    Examples: `Flask p90 12`, `Flask p99 at least 120 (95–160)`.
    """
    least = "at least " if row["is_bound"] else ""
    span = within(row) if row["percentile"] >= NEEDS_INTERVAL else ""
    return f"{row['title']} p{row['percentile']:g} {least}{number(row['latency_ms'])}{span}"


def interval_note(table: pd.DataFrame) -> str:
    """Return what the lines of a figure show, or why it has none."""
    return INTERVALS if (table["blocks"] > 1).any() else ONE_BLOCK


def ring_note(suspect: pd.Series) -> str:
    """Return what an amber ring means, "" if there is none."""
    return " Ringed: suspect trials are part of it." if suspect.any() else ""


def left_out_note(invalid: int) -> str:
    """Return how many of the drawn trials are invalid, "" if none is."""
    was = "is" if invalid == 1 else "are"
    return f" {counted(invalid, 'trial')} of these {was} invalid and left out." if invalid else ""


def one_block_note(table: pd.DataFrame) -> str:
    """Return the ending of the title of a figure that is based on a single block, "" for others."""
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
    """The title, alternative text and caption of a figure."""

    title: str
    alt: str
    caption: str
