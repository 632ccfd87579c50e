"""Convert frames to plain Python for sentences and figures."""

from collections.abc import Sequence
from typing import Any

import pandas as pd


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as dictionaries keyed by column name."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def largest(frame: pd.DataFrame, columns: Sequence[str]) -> float:
    """Return the largest number in the given columns; NaN if there is none."""
    return float(frame[list(columns)].astype(float).max().max())


def widest_pair(
    frame: pd.DataFrame, column: str, by: Sequence[str] = ("scenario", "load")
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the rows with the smallest and the largest value of a column.

    They come from the group of `by` in which these two differ by the largest factor. Only rows with
    a positive value count; there must be at least one.
    """
    frame = frame[frame[column] > 0]
    groups = [group for _, group in frame.groupby(list(by), sort=False)]
    widest = max(groups, key=lambda group: float(group[column].max() / group[column].min()))
    ordered = rows_of(widest.sort_values(column, kind="stable"))
    return ordered[0], ordered[-1]
