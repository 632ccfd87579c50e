"""Draw published ratios as marks beside ours as a band, a panel for each pair of stacks."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from webtrial.results.base.display import Drawing, FigureOrNote, nothing_to_draw
from webtrial.results.base.figure_style import (
    FAINT,
    GREY,
    INK,
    SPARE_HUES,
    panels,
    plain_log,
    styled,
)
from webtrial.results.base.figure_text import FigureText
from webtrial.results.claims.text import references_figure_text
from webtrial.stats.frames import rows_of

ROW_IN = 0.2
_PUBLISHED = SPARE_HUES[0]


@styled
def draw(table: pd.DataFrame, text: FigureText) -> Drawing:
    """Draw the rows of `reference_table` for which this run has a ratio."""
    keys = ["title", "baseline_title", "scenario", "load"]
    parts = list(table.groupby(keys, sort=False))
    sizes = [len(part) + 1.4 for _, part in parts]
    figure, axes = panels(len(parts), 1, text.title, ROW_IN * sum(sizes) + 0.4, sizes, sharex=True)
    ends = table[["published", "ratio", "low", "high"]].to_numpy(dtype=float)
    for panel, ((title, baseline, scenario, load), part) in zip(axes.flat, parts, strict=True):
        panel.set_title(f"{title} / {baseline}; ours: {scenario}, {load}")
        panel.set_xscale("log")
        panel.set_xlim(min(1.0, float(np.nanmin(ends))) / 1.3, float(np.nanmax(ends)) * 1.3)
        plain_log(panel, "x")
        _panel(panel, rows_of(part))
    axes.flat[-1].set_xlabel("ratio of requests per second (log scale)")
    return Drawing(figure, *text, table)


def _panel(axes: Axes, rows: list[dict[str, Any]]) -> None:
    ours = rows[0]
    axes.axvline(1, color=GREY, linewidth=1)
    if np.isfinite(ours["low"]):
        axes.axvspan(ours["low"], ours["high"], color=FAINT, linewidth=0)
    axes.axvline(ours["ratio"], color=INK, linewidth=1.6)
    heights = [float(len(rows) - 1 - place) for place in range(len(rows))]
    published = [row["published"] for row in rows]
    axes.plot(published, heights, marker="D", color=_PUBLISHED, markersize=6, linestyle="none")
    names = [f"{row['source']} {row['date']}, {row['test'].partition(',')[0]}" for row in rows]
    axes.set_yticks(heights, names)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.grid(visible=False, axis="y")


def references_figure(table: pd.DataFrame) -> FigureOrNote:
    """Draw `reference_table`."""
    shown = table.dropna(subset=["ratio"])
    if shown.empty:
        return nothing_to_draw("no pair of stacks for which published results exist")
    return draw(shown, references_figure_text(shown))
