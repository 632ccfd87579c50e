"""What each framework reaches for each kind of project, with how far the run's intervals let it."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from webtrial.analyse.captions import Words
from webtrial.analyse.figures.style import Look, looks, mark_interval, mark_value, panels, styled
from webtrial.analyse.frames import rows_of
from webtrial.analyse.show import Drawing

_APART = 0.22  # of a row, between frameworks


@styled
def draw(totals: pd.DataFrame, words: Words) -> Drawing:
    """`totals` with `stack` beside each framework, a row for each project; who comes first is
    named at the right, in brackets what the article recommends (`first`, `article`)."""
    look = looks(totals)
    projects = totals["project"].unique().tolist()
    figure, axes = panels(1, 1, words.title, 0.42 * len(projects) + 0.6)
    panel = axes[0, 0]
    for place, project in enumerate(projects):
        _row(panel, totals[totals["project"] == project], -float(place), look)
    panel.set_yticks([-float(place) for place in range(len(projects))], projects)
    panel.set_ylim(-len(projects) + 0.4, 0.6)
    panel.set_xlim(0, 1.02)
    panel.set_xlabel("weighted mean of the scores; 1: the best in every criterion")
    _name_frameworks(panel, totals, look)
    return Drawing(figure, words.title, words.alt, words.caption)


def _row(axes: Axes, totals: pd.DataFrame, height: float, look: dict[str, Look]) -> None:
    rows = rows_of(totals.dropna(subset=["total"]))
    offsets = _APART * (np.arange(len(rows))[::-1] - (len(rows) - 1) / 2)
    for offset, row in zip(offsets, rows, strict=True):
        mark_interval(axes, row["low"], row["high"], height + offset, look[row["stack"]])
        mark_value(axes, row["total"], height + offset, look[row["stack"]], 5)
    for row in rows[:1]:
        axes.annotate(
            f"{row['first']} ({row['article']})",
            (1.0, height),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
        )


def _name_frameworks(axes: Axes, totals: pd.DataFrame, look: dict[str, Look]) -> None:
    handles: list[Any] = [
        axes.plot([], [], marker=each.marker, color=each.hue, linestyle="none", label=framework)[0]
        for framework, stack in dict(zip(totals["framework"], totals["stack"], strict=True)).items()
        for each in [look[stack]]
    ]
    axes.legend(handles=handles, loc="lower left", frameon=False, fontsize=7)
