"""CPU-milliseconds per request: service, PostgreSQL and upstreams, with the sum's interval."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from webtrial.analyse.figures.style import (
    INK,
    Look,
    grid_of,
    hide_unused,
    looks,
    panels,
    stack_axis,
    tint,
)
from webtrial.analyse.frames import largest, rows_of
from webtrial.analyse.show import Drawing
from webtrial.analyse.words import Words

_SHARES = {"service": 1.0, "database": 0.55, "upstreams": 0.22}  # of the hue, in the order drawn


def draw(costs: pd.DataFrame, words: Words) -> Drawing:
    """`cost_table` at one load per scenario: full colour the service, lighter PostgreSQL,
    lightest the upstreams."""
    look = looks(costs)
    scenarios = costs["scenario"].unique().tolist()
    rows, columns = grid_of(scenarios)
    sizes = [int((costs["scenario"] == name).sum()) for name in scenarios]
    ratios = [max(sizes[row * columns : (row + 1) * columns]) + 1.2 for row in range(rows)]
    figure, axes = panels(rows, columns, words.title, 0.27 * sum(ratios), ratios)
    for panel, name in zip(axes.flat, scenarios, strict=False):
        _panel(panel, costs[costs["scenario"] == name], look)
    hide_unused(axes.flat[len(scenarios) :])
    return Drawing(figure, words.title, words.alt, words.caption, costs)


def _panel(axes: Axes, costs: pd.DataFrame, look: dict[str, Look]) -> None:
    axes.set_title(f"{costs['scenario'].iloc[0]}, {costs['load'].iloc[0]}")
    axes.set_xlabel("CPU-milliseconds per request")
    axes.set_xlim(0, 1.2 * largest(costs, ["total_ms", "high"]))
    for height, row in zip(stack_axis(axes, costs, look), rows_of(costs), strict=True):
        start = 0.0
        for part, share in _SHARES.items():
            axes.barh(
                height, row[f"{part}_ms"], 0.62, start, color=tint(look[row["stack"]].hue, share)
            )
            start += row[f"{part}_ms"]
        if np.isfinite(row["low"]):
            axes.plot([row["low"], row["high"]], [height] * 2, color=INK, linewidth=1)
        end = max(row["total_ms"], row["high"] if np.isfinite(row["high"]) else 0)
        axes.annotate(
            f"{row['total_ms']:.2g}",
            (end, height),
            xytext=(4, 0),
            va="center",
            textcoords="offset points",
            color=look[row["stack"]].ink,
        )
    _name_parts(axes, costs)


def _name_parts(axes: Axes, costs: pd.DataFrame) -> None:
    """Name the parts within the longest bar, where they are wide enough to hold their name."""
    longest = int(np.argmax(costs["total_ms"].to_numpy()))
    row = costs.iloc[longest]
    height, start = float(len(costs) - 1 - longest), 0.0
    limit = axes.get_xlim()[1]
    names = {
        "service": ("service", "white"),
        "database": ("PostgreSQL", INK),
        "upstreams": ("upstreams", INK),
    }
    for part, (name, color) in names.items():
        width = row[f"{part}_ms"]
        if width / limit > 0.025 * len(name):
            axes.annotate(
                name,
                (start + width / 2, height),
                ha="center",
                va="center",
                color=color,
                fontsize=6.5,
            )
        start += width
