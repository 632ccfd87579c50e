"""Draw each framework's total for each kind of project, with its uncertainty.

The uncertainty comes from the run's intervals.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from webtrial.results.base.display import Drawing, FigureOrNote, nothing_to_draw
from webtrial.results.base.figure_style import (
    Look,
    looks,
    mark_interval,
    mark_value,
    panels,
    styled,
)
from webtrial.results.base.figure_text import FigureText
from webtrial.results.base.result import Renderers
from webtrial.results.choosing.criteria import Criteria
from webtrial.results.choosing.estimate import SEED, totals
from webtrial.results.choosing.projects import Weights
from webtrial.results.choosing.text import choosing_figure_text
from webtrial.stats.frames import rows_of

_APART = 0.22  # spacing between frameworks, as a fraction of a row


@styled
def draw(totals: pd.DataFrame, text: FigureText) -> Drawing:
    """Draw `totals`, with `stack` for each framework: a row for each project.

    The first place is named on the right, with the article's recommendation in brackets (`first`,
    `article`).
    """
    look = looks(totals)
    projects = totals["project"].unique().tolist()
    figure, axes = panels(1, 1, text.title, 0.42 * len(projects) + 0.6)
    panel = axes[0, 0]
    for place, project in enumerate(projects):
        rows = rows_of(totals[totals["project"] == project])
        _row(panel, rows, -float(place), look, is_named=place == 0)
        _name_first(panel, f"{rows[0]['first']} ({rows[0]['article']})", -float(place))
    _name_first(panel, "first (article)", 0.8)
    panel.set_yticks([-float(place) for place in range(len(projects))], projects)
    panel.set_ylim(-len(projects) + 0.4, 1.0)
    panel.set_xlim(0, 1.02)
    panel.set_xlabel("weighted mean of the scores; 1: the best in every criterion")
    return Drawing(figure, *text, totals)


def _row(
    axes: Axes, rows: list[dict[str, Any]], height: float, look: dict[str, Look], is_named: bool
) -> None:
    """Draw the frameworks below each other; one row names them for all."""
    offsets = _APART * (np.arange(len(rows))[::-1] - (len(rows) - 1) / 2)
    for offset, row in zip(offsets, rows, strict=True):
        style = look[row["stack"]]
        mark_interval(axes, row["low"], row["high"], height + offset, style)
        mark_value(axes, row["total"], height + offset, style, 5)
        if is_named:
            _annotate(axes, row["framework"], (row["total"], height + offset), color=style.ink)


def _name_first(axes: Axes, text: str, height: float) -> None:
    _annotate(axes, text, (1.0, height), xycoords=("axes fraction", "data"))


def _annotate(axes: Axes, text: str, place: tuple[float, float], **options: Any) -> None:
    """Write text to the right of a place."""
    axes.annotate(
        text, place, xytext=(5, 0), textcoords="offset points", va="center", fontsize=7, **options
    )


def scores_figure(
    measured: Criteria, chosen: pd.DataFrame, weights: Weights | None = None, seed: int = SEED
) -> FigureOrNote:
    """Draw `totals` for each project, with the first places of `recommended`."""
    table = totals(measured, weights, seed)
    table = table[table["total"].notna()]
    if table.empty:
        return nothing_to_draw("no criterion with a value for every framework")
    places = chosen[["project", "first", "article"]]
    drawn = table.assign(stack=table["framework"].str.lower()).merge(places, on="project")
    return draw(drawn, choosing_figure_text(table, chosen))


FIGURES: Renderers = {
    "scores": lambda result: scores_figure(
        result.criteria, result.recommended, result.weights, result.seed
    )
}
