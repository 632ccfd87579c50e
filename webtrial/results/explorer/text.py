"""Figure texts of a selection."""

import pandas as pd

from webtrial.results.base.figure_text import (
    FigureText,
    estimate_text,
    interval_note,
    left_out_note,
    one_block_note,
    per_cell,
)
from webtrial.results.base.formatting import humanize, number
from webtrial.results.explorer.estimate import Selection
from webtrial.stats.frames import rows_of


def values_figure_text(table: pd.DataFrame, chosen: Selection) -> FigureText:
    """Return the figure text of `selected`: the smallest and the largest value."""
    there = rows_of(table.dropna(subset=["value"]).sort_values("value", kind="stable"))
    where = f"{humanize(chosen.scenario)}, {chosen.load}"
    what = chosen.statistic[0].upper() + chosen.statistic[1:]
    title = f"{what}: nothing that counts in {where}"
    if there:
        ends = [there[0], there[-1]] if len(there) > 1 else there
        said = " to ".join(f"{number(row['value'], 3)} ({row['title']})" for row in ends)
        title = f"{what}: {said} in {where}{one_block_note(table)}"
    alt = f"{what}. " + per_cell(
        table, lambda row: f"{row['title']} {estimate_text(row, 'value', 3)}"
    )
    caption = (
        f"{what}, from zero. {interval_note(table)} Small marks are single blocks:"
        " hollow where suspect, a grey cross where invalid."
        + left_out_note(int(table["invalid_blocks"].sum()))
    )
    return FigureText(title, alt, caption)
