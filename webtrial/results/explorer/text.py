"""Figure texts of a selection."""

import pandas as pd

from webtrial.results.base.figure_text import (
    FigureText,
    estimate_text,
    interval_note,
    invalid_note,
    one_block_note,
    per_cell,
)
from webtrial.results.base.formatting import humanize, number
from webtrial.results.explorer.estimate import Selection
from webtrial.stats.frames import rows_of


def values_figure_text(table: pd.DataFrame, chosen: Selection) -> FigureText:
    """Return the figure text of `selected`: the smallest and the largest value."""
    rows = rows_of(table.dropna(subset=["value"]).sort_values("value", kind="stable"))
    where = f"{humanize(chosen.scenario)}, {chosen.load}"
    name = chosen.statistic[0].upper() + chosen.statistic[1:]
    title = f"{name}: no value in {where}"
    if rows:
        ends = [rows[0], rows[-1]] if len(rows) > 1 else rows
        values = " to ".join(f"{number(row['value'], 3)} ({row['title']})" for row in ends)
        title = f"{name}: {values} in {where}{one_block_note(table)}"
    alt = f"{name}. " + per_cell(
        table, lambda row: f"{row['title']} {estimate_text(row, 'value', 3)}"
    )
    caption = (
        f"{name}, axis from zero. {interval_note(table)} Small marks are single blocks:"
        " hollow if suspect, a grey cross if invalid."
        + invalid_note(int(table["invalid_blocks"].sum()))
    )
    return FigureText(title, alt, caption)
