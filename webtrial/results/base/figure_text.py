"""Phrases that the texts of several figures share."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pandas as pd

from webtrial.results.base.formatting import (
    humanize,
    number,
    pluralize,
    whole_percent,
    with_interval,
)
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


def estimate_text(row: dict[str, Any], column: str, digits: int = 2) -> str:
    """Format an estimate in `column` of a row with the interval of that row, if it has one."""
    return with_interval(row[column], row["low"], row["high"], digits)


def percentile_text(row: dict[str, Any]) -> str:
    """Return a row of `latency_against_load` as text.

    Examples: `Flask p90 12`, `Flask p99 at least 120 (95–160)`.
    """
    bound = "at least " if row["is_bound"] else ""
    is_tail = row["percentile"] >= NEEDS_INTERVAL
    value = estimate_text(row, "latency_ms") if is_tail else number(row["latency_ms"])
    return f"{row['title']} p{row['percentile']:g} {bound}{value}"


def interval_note(table: pd.DataFrame) -> str:
    """Return what the lines of a figure show, or why it has none."""
    return INTERVALS if (table["blocks"] > 1).any() else ONE_BLOCK


def ring_note(suspect: pd.Series) -> str:
    """Return what an amber ring means, "" if there is none."""
    return " Ringed: includes suspect trials." if suspect.any() else ""


def invalid_note(invalid: int) -> str:
    """Return how many trials are excluded from a figure because they are invalid, "" if none is."""
    verb = "is" if invalid == 1 else "are"
    return f" {pluralize(invalid, 'invalid trial')} {verb} excluded." if invalid else ""


def one_block_note(table: pd.DataFrame) -> str:
    """Return the ending of the title of a figure that is based on a single block, "" for others."""
    single = len(table) and (table["blocks"] <= 1).all()
    return " (one block: no interval, no verdict)" if single else ""


def bounds_note(percentiles: pd.DataFrame) -> str:
    """Return what "at least" means in a text, "" if no percentile is a bound."""
    return (
        " Where requests timed out, the percentile is a lower bound."
        if percentiles["is_bound"].any()
        else ""
    )


SERVED_PERCENT = whole_percent(1 - TOLERATED_SHARE)


class FigureText(NamedTuple):
    """The title, alternative text and caption of a figure."""

    title: str
    alt: str
    caption: str
