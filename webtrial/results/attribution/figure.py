"""Draw an attribution as a waterfall: from the baseline's cost to the stack's, part by part."""

from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from webtrial.results.attribution.estimate import Decomposition
from webtrial.results.attribution.estimate import waterfall as waterfall_of
from webtrial.results.attribution.text import waterfall_figure_text
from webtrial.results.base.display import Drawing, FigureOrNote, Prose
from webtrial.results.base.figure_style import (
    FAINT,
    GREY,
    INK,
    MUTED,
    Look,
    looks,
    mark_value,
    panels,
    plain_log,
    styled,
    tint,
)
from webtrial.results.base.figure_text import FigureText
from webtrial.results.base.formatting import number, with_interval
from webtrial.results.base.result import Renderers
from webtrial.run.store import Run
from webtrial.stats.estimates import labelled
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED

_BAR = 0.46
_LONGEST_LABEL = 30


@styled
def draw(steps: pd.DataFrame, ends: pd.DataFrame, text: FigureText) -> Drawing:
    """Draw the `waterfall` of an attribution, part below part.

    `ends` are the two stacks with `title`, `stack` and `framework`, the baseline first.
    """
    labels = [fill(str(name), _LONGEST_LABEL) for name in steps["part"]]
    lines = sum(max(1, label.count("\n") + 1) for label in labels) + 2
    figure, axes = panels(1, 1, text.title, 0.2 * lines + 0.14 * len(labels) + 0.75)
    panel: Axes = axes[0, 0]
    heights = [-float(place) for place in range(len(steps) + 2)]
    _scale(panel, steps, heights)
    _ends(panel, steps, heights, rows_of(ends), looks(ends))
    for height, row in zip(heights[1:-1], rows_of(steps), strict=True):
        _part(panel, row, height)
    titles = ends["title"].tolist()
    panel.set_yticks(heights, [titles[0], *labels, titles[1]])
    for label, row in ((0, rows_of(ends)[0]), (-1, rows_of(ends)[1])):
        panel.get_yticklabels()[label].set_color(looks(ends)[row["stack"]].ink)
    return Drawing(figure, *text, steps)


def _scale(axes: Axes, steps: pd.DataFrame, heights: list[float]) -> None:
    places = steps[["start_ms", "end_ms", "smallest_ms", "largest_ms"]]
    low, high = float(places.min().min()), float(places.max().max())
    axes.set_xscale("log")
    axes.set_xlim(low / 1.25, high * 1.25)
    axes.set_ylim(heights[-1] - 0.6, 0.6)
    plain_log(axes, "x")
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("CPU-milliseconds of the service per request (log scale)")


def _ends(
    axes: Axes,
    steps: pd.DataFrame,
    heights: list[float],
    ends: list[dict[str, Any]],
    look: dict[str, Look],
) -> None:
    costs_ms = (steps["start_ms"].iloc[0], steps["end_ms"].iloc[-1])
    for cost_ms, height, row in zip(costs_ms, (heights[0], heights[-1]), ends, strict=True):
        mark_value(axes, cost_ms, height, look[row["stack"]], 8)
        _annotate(axes, f"{number(cost_ms)} ms", height, look[row["stack"]].ink)


def _part(axes: Axes, row: dict[str, Any], height: float) -> None:
    decided = row["verdict"] in DECIDED
    span = [row["smallest_ms"], row["largest_ms"]]
    axes.plot([row["start_ms"]] * 2, [height + 1, height], color=GREY, linewidth=0.7)
    axes.barh(
        height,
        row["end_ms"] - row["start_ms"],
        _BAR,
        row["start_ms"],
        color=tint(INK, 0.4) if decided else FAINT,
        edgecolor=INK if decided else GREY,
        linewidth=0.6,
    )
    axes.plot(span, [height - 0.36] * 2, color=GREY, linewidth=2.6, solid_capstyle="butt")
    if np.isfinite(row["low_ms"]):
        axes.plot([row["low_ms"], row["high_ms"]], [height] * 2, color=INK, linewidth=1.4)
    _annotate(axes, _label(row), height, INK if decided else MUTED)


def _label(row: dict[str, Any]) -> str:
    """Format a part's factor: `÷ 2.1 (1.9–2.4)` if it lowers the cost, `× 1.2` if it raises it."""
    ratio, low, high, sign = row["ratio"], row["low"], row["high"], "×"
    if ratio < 1:
        ratio, low, high, sign = 1 / ratio, 1 / high, 1 / low, "÷"
    doubt = "" if row["verdict"] in DECIDED or not np.isfinite(low) else " ?"
    return f"{sign} {with_interval(ratio, low, high)}{doubt}"


def _annotate(axes: Axes, label: str, height: float, color: Any) -> None:
    axes.annotate(
        label,
        (1.0, height),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=7.5,
        color=color,
    )


def waterfall_figure(run: Run, result: Decomposition) -> FigureOrNote:
    """Draw an `attribution` as a waterfall, or say why there is none."""
    if result.parts.empty:
        return Prose(f"*{result.limitation}*")
    ends = labelled(run, pd.DataFrame({"stack": [result.baseline, result.stack]}))
    return draw(waterfall_of(result), ends, waterfall_figure_text(result))


FIGURES: Renderers = {
    "waterfall": lambda result: waterfall_figure(result.run, result.decomposition)
}
