"""The dashboard: its response time beside what its upstreams took."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from webtrial.analyse.captions import Words
from webtrial.analyse.figures.style import (
    GREY,
    Look,
    grid_of,
    hide_unused,
    looks,
    mark_interval,
    mark_value,
    panels,
    stack_axis,
    styled,
    tint,
)
from webtrial.analyse.frames import largest, rows_of
from webtrial.analyse.phrases import number
from webtrial.analyse.show import Drawing


@styled
def draw(parts: pd.DataFrame, words: Words) -> Drawing:
    """`dashboard_parts`: grey is what the upstreams took in turn, darker the slowest of them alone;
    the mark is the mean response time with its interval."""
    look = looks(parts)
    loads = parts["load"].unique().tolist()
    rows, columns = grid_of(loads)
    height_in = rows * (0.36 * parts["stack"].nunique() + 0.75)
    figure, axes = panels(rows, columns, words.title, height_in)
    for panel, load in zip(axes.flat, loads, strict=False):
        _panel(panel, parts[parts["load"] == load], look)
        panel.set_title(f"dashboard, {load}")
    hide_unused(axes.flat[len(loads) :])
    return Drawing(figure, words.title, words.alt, words.caption)


def _panel(axes: Axes, parts: pd.DataFrame, look: dict[str, Look]) -> None:
    heights = stack_axis(axes, parts, look)
    furthest = largest(parts, ["response_ms", "high", "in_turn_ms"])
    sensible = 3 * largest(parts, ["response_ms", "in_turn_ms"])  # an interval may run out
    axes.set_xlim(0, 1.2 * min(furthest, sensible))
    axes.set_xlabel("mean response time (ms)")
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
    _name_bars(axes, heights[0])


def _name_bars(axes: Axes, top: float) -> None:
    """Say above the first row which bar is which."""
    axes.set_ylim(-0.6, top + 1.0)
    axes.annotate(
        "dark: slowest upstream; with pale: all in turn",
        (0, top + 0.4),
        xytext=(2, 1),
        textcoords="offset points",
        va="bottom",
        fontsize=6.5,
        color="#555555",
    )
