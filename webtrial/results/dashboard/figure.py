"""Draw the dashboard's response time beside its upstreams' times."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from webtrial.results.base.display import Drawing, FigureOrNote, nothing_to_draw
from webtrial.results.base.figure_style import (
    GREY,
    Look,
    cell_title,
    looks,
    mark_interval,
    mark_value,
    packed_panels,
    stack_axis,
    styled,
    thousands,
    tint,
)
from webtrial.results.base.figure_text import FigureText
from webtrial.results.base.formatting import number
from webtrial.results.base.main_loads import trials_of
from webtrial.results.base.result import Renderers
from webtrial.results.dashboard import Dashboard
from webtrial.results.dashboard.text import dashboard_figure_text
from webtrial.run.store import Run
from webtrial.stats.frames import largest, rows_of
from webtrial.stats.trials import count_invalid


@styled
def draw(parts: pd.DataFrame, text: FigureText) -> Drawing:
    """Draw `dashboard_parts`: the mean response time with its interval over bars for the upstreams.

    Light grey is the time of the upstreams in turn, darker grey the slowest of them alone.
    """
    look = looks(parts)
    cells = [cell for _, cell in parts.groupby("load", sort=False)]
    figure, axes = packed_panels(list(map(len, cells)), text.title)
    for panel, cell in zip(axes, cells, strict=True):
        _panel(panel, cell, look)
        panel.set_title(cell_title("dashboard", cell["load"].iloc[0]))
    _name_bars(figure)
    return Drawing(figure, *text, parts)


def _panel(axes: Axes, parts: pd.DataFrame, look: dict[str, Look]) -> None:
    heights = stack_axis(axes, parts, look)
    longest = largest(parts, ["response_ms", "high", "in_turn_ms"])
    limit = 3 * largest(parts, ["response_ms", "in_turn_ms"])  # an interval may exceed the axis
    axes.set_xlim(0, 1.2 * min(longest, limit))
    axes.set_xlabel("mean response time (ms)")
    thousands(axes)
    for height, row in zip(heights, rows_of(parts), strict=True):
        style = look[row["stack"]]
        axes.barh(height, row["in_turn_ms"], 0.7, color=tint(GREY, 0.3))
        axes.barh(height, row["slowest_ms"], 0.7, color=tint(GREY, 0.65))
        mark_interval(axes, row["low"], row["high"], height, style)
        suspect = row["suspect_blocks"] > 0
        mark_value(axes, row["response_ms"], height, style, suspect=suspect)
        end = row["high"] if np.isfinite(row["high"]) else row["response_ms"]
        axes.annotate(
            number(row["response_ms"]),
            (end, height),
            xytext=(7, 0),
            va="center",
            textcoords="offset points",
            color=style.ink,
            annotation_clip=True,
        )


def _name_bars(figure: Figure) -> None:
    """Label the bars below the figure."""
    bars = [
        Patch(color=tint(GREY, share), label=label)
        for share, label in ((0.65, "the slowest upstream"), (0.3, "all upstreams in turn"))
    ]
    figure.legend(handles=bars, loc="outside lower right", ncols=2, frameon=False, fontsize=7)


def parts_figure(run: Run, parts: pd.DataFrame) -> FigureOrNote:
    """Draw `dashboard_parts`."""
    if parts.empty:
        return nothing_to_draw(Dashboard.MISSING_DATA)
    invalid = count_invalid(trials_of(run, "dashboard"))
    return draw(parts, dashboard_figure_text(parts, invalid))


FIGURES: Renderers = {"parts": lambda result: parts_figure(result.run, result.data)}
