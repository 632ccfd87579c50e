"""Frames as plain Python where a row is put into words or drawn."""

from collections.abc import Sequence
from typing import Any

import pandas as pd


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame, each by the names of its columns."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def largest(frame: pd.DataFrame, columns: Sequence[str]) -> float:
    """The largest number in some columns; NaN where there is none."""
    return float(frame[list(columns)].astype(float).max().max())


def furthest_apart(
    frame: pd.DataFrame, column: str, by: Sequence[str] = ("scenario", "load")
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The rows with the least and the most of a positive column, within the group of `by` in
    which those two are furthest apart. There must be a row over 0; others are left out."""
    frame = frame[frame[column] > 0]
    groups = [group for _, group in frame.groupby(list(by), sort=False)]
    widest = max(groups, key=lambda group: float(group[column].max() / group[column].min()))
    ordered = rows_of(widest.sort_values(column, kind="stable"))
    return ordered[0], ordered[-1]
