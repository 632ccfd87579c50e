"""Requests per second by stack and scenario, from zero, with intervals."""

from typing import Any

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
)
from webtrial.analyse.frames import largest, rows_of
from webtrial.analyse.show import Drawing


@styled
def draw(estimates: pd.DataFrame, trials: pd.DataFrame, words: Words) -> Drawing:
    """`throughput_table` at one load per scenario, over the trials of `trials_table`: each small
    mark is one block, a hollow one suspect, a grey cross invalid."""
    look = looks(estimates)
    scenarios = estimates["scenario"].unique().tolist()
    rows, columns = grid_of(scenarios)
    sizes = [int((estimates["scenario"] == name).sum()) for name in scenarios]
    ratios = [max(sizes[row * columns : (row + 1) * columns]) + 1.2 for row in range(rows)]
    figure, axes = panels(rows, columns, words.title, 0.32 * sum(ratios), ratios)
    for panel, name in zip(axes.flat, scenarios, strict=False):
        _panel(panel, estimates[estimates["scenario"] == name], trials, look)
    hide_unused(axes.flat[len(scenarios) :])
    return Drawing(figure, words.title, words.alt, words.caption)


def _panel(
    axes: Axes, estimates: pd.DataFrame, trials: pd.DataFrame, look: dict[str, Look]
) -> None:
    place = estimates.iloc[0]
    here = (trials["scenario"] == place["scenario"]) & (trials["load"] == place["load"])
    blocks = trials[here & trials["final"] & (trials["role"] == "measure")]
    axes.set_title(f"{place['scenario']}, {place['load']}")
    axes.set_xlabel("requests per second")
    heights = stack_axis(axes, estimates, look)
    ends = (largest(estimates, ["value", "high"]), largest(blocks, ["throughput_per_s"]), 1.0)
    axes.set_xlim(0, 1.3 * max(end for end in ends if np.isfinite(end)))
    for height, row in zip(heights, rows_of(estimates), strict=True):
        style = look[row["stack"]]
        _blocks(axes, blocks[blocks["stack"] == row["stack"]], height - 0.34, style)
        mark_interval(axes, row["low"], row["high"], height, style)
        mark_value(axes, row["value"], height, style)
        _number(axes, row, height, style)


def _blocks(axes: Axes, blocks: pd.DataFrame, height: float, look: Look) -> None:
    for verdict, group in blocks.groupby("verdict"):
        invalid = verdict == "invalid"
        axes.plot(
            group["throughput_per_s"],
            [height] * len(group),
            marker="x" if invalid else "o",
            markersize=2.4,
            markeredgewidth=0.7,
            color=GREY if invalid else look.hue,
            markerfacecolor=look.hue if verdict == "valid" else "white",
            alpha=0.8,
            linestyle="none",
        )


def _number(axes: Axes, row: dict[str, Any], height: float, look: Look) -> None:
    ends = [end for end in (row["value"], row["high"]) if np.isfinite(end)]
    axes.annotate(
        _value(row) if ends else "no valid trial",
        (max(ends, default=0.0), height),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        color=look.ink if ends else GREY,
    )


def _value(row: dict[str, Any]) -> str:
    suspect = row["suspect_blocks"]
    if not suspect:
        return f"{row['value']:,.0f}"
    some = "suspect" if suspect == row["blocks"] else f"{suspect} of {row['blocks']} suspect"
    return f"{row['value']:,.0f} ({some})"
