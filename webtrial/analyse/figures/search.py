"""Searching: what is searched decides what it takes."""

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
    plain_log,
    styled,
)
from webtrial.analyse.frames import rows_of
from webtrial.analyse.show import Drawing


@styled
def draw(percentiles: pd.DataFrame, words: Words) -> Drawing:
    """`search_by_selectivity`: a panel per load, a group per kind of word, a row per stack; the
    mark is the median with its interval, the bar the 90th percentile."""
    look = looks(percentiles)
    loads = percentiles["load"].unique().tolist()
    kinds = percentiles["kind"].unique().tolist()
    stacks = percentiles["stack"].nunique()
    height_in = 0.2 * len(kinds) * (stacks + 0.8) + 0.7
    rows, columns = grid_of(loads, 3)
    figure, axes = panels(rows, columns, words.title, rows * height_in)
    for panel, load in zip(axes.flat, loads, strict=False):
        _panel(panel, percentiles[percentiles["load"] == load], kinds, look)
        panel.set_title(str(load))
    for panel in axes[:, 1:].flat:
        panel.set_yticklabels([])
    hide_unused(axes.flat[len(loads) :])
    return Drawing(figure, words.title, words.alt, words.caption)


def _panel(axes: Axes, percentiles: pd.DataFrame, kinds: list[str], look: dict[str, Look]) -> None:
    ticks: list[tuple[float, str, str]] = []
    height = 0.0
    for kind in kinds:
        rows = percentiles[percentiles["kind"] == kind]
        axes.axhline(height + 0.75, color=GREY, linewidth=0.5)
        for stack, group in rows.groupby("stack", sort=False):
            _stack(axes, group, height, look[str(stack)])
            ticks.append((height, f"{kind}: {group['title'].iloc[0]}", str(stack)))
            height -= 1
        height -= 0.5
    axes.set_yticks([tick for tick, _, _ in ticks], [label for _, label, _ in ticks])
    axes.set_ylim(height + 0.7, 0.75)
    for label, (_, _, stack) in zip(axes.get_yticklabels(), ticks, strict=True):
        label.set_color(look[stack].ink)
    axes.set_xscale("log")
    plain_log(axes, "x")
    axes.set_xlabel("response time of a search (ms)")
    axes.grid(visible=False, axis="y")


def _stack(axes: Axes, group: pd.DataFrame, height: float, look: Look) -> None:
    found = {row["percentile"]: row for row in rows_of(group)}
    median, slow = found[50], found.get(90)
    mark_interval(axes, median["low"], median["high"], height, look)
    if slow and np.isfinite(slow["latency_ms"]):
        span = [median["latency_ms"], slow["latency_ms"]]
        axes.plot(span, [height] * 2, color=look.hue, linewidth=0.7)
        axes.plot(span[1:], [height], marker="|", color=look.hue, markersize=7)
    suspect = median["suspect_blocks"] > 0
    mark_value(axes, median["latency_ms"], height, look, 5, suspect)
