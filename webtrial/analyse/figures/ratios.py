"""Paired ratios on a log axis, as deployed beside like for like."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from webtrial.analyse.figures.style import (
    FAINT,
    GREY,
    INK,
    grid_of,
    hide_unused,
    panels,
    plain_log,
)
from webtrial.analyse.frames import rows_of
from webtrial.analyse.show import Drawing
from webtrial.analyse.words import Words

_FACES = {"higher": INK, "lower": INK, "indistinguishable": GREY, "inconclusive": "white"}


def draw(ratios: pd.DataFrame, words: Words) -> Drawing:
    """`labelled_ratios` of one metric: filled marks are decided, grey ones indistinguishable,
    hollow ones inconclusive; the band is the A/A noise floor."""
    ratios = ratios[np.isfinite(ratios["ratio"])]
    places = list(dict.fromkeys(zip(ratios["scenario"], ratios["load"], strict=True)))
    names = [f"{scenario}, {load}" for scenario, load in places]
    rows, columns = grid_of(names)
    parts = [ratios[(ratios["scenario"] == a) & (ratios["load"] == b)] for a, b in places]
    sizes = [len(part) + part["kind"].nunique() for part in parts] or [1]
    heights = [max(sizes[row * columns : (row + 1) * columns]) + 1.4 for row in range(rows)]
    figure, axes = panels(rows, columns, words.title, 0.24 * sum(heights), heights)
    for panel, name, part in zip(axes.flat, names, parts, strict=False):
        _panel(panel, name, part, _limits(ratios))
    hide_unused(axes.flat[len(names) :])
    return Drawing(figure, words.title, words.alt, words.caption, ratios)


def _limits(ratios: pd.DataFrame) -> tuple[float, float]:
    """Room for every ratio; an interval may run out of the picture, a ratio may not."""
    reach = float(np.exp(np.abs(np.log(ratios["ratio"])).max()))
    low, high = float(ratios["ratio"].min()), float(ratios["ratio"].max())
    return min(low, 1) / (1 + 0.3 * np.sqrt(reach)), max(high, 1) * (1 + 0.9 * np.sqrt(reach))


def _panel(axes: Axes, name: str, ratios: pd.DataFrame, limits: tuple[float, float]) -> None:
    axes.set_title(name)
    axes.set_xscale("log")
    axes.set_xlim(*limits)
    plain_log(axes, "x")
    axes.set_xlabel("ratio, first over second (log scale)")
    axes.axvline(1, color=GREY, linewidth=1)
    floor = ratios["floor"].max()
    if np.isfinite(floor):
        axes.axvspan(1 / floor, floor, color=FAINT, linewidth=0)
    ticks: list[tuple[float, str]] = []
    height = 0.0
    for kind, group in ratios.groupby("kind", sort=False):
        axes.annotate(
            str(kind),
            (0.0, height),
            xycoords=("axes fraction", "data"),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontstyle="italic",
            color=GREY,
        )
        height -= 1
        for row in rows_of(group):
            _row(axes, row, height)
            ticks.append((height, f"{row['title']} / {row['baseline_title']}"))
            height -= 1
    axes.set_yticks([tick for tick, _ in ticks], [label for _, label in ticks])
    axes.set_ylim(height + 0.4, 0.6)
    axes.grid(visible=False, axis="y")


def _row(axes: Axes, row: dict[str, Any], height: float) -> None:
    if np.isfinite(row["low"]):
        axes.plot([row["low"], row["high"]], [height] * 2, color=INK, linewidth=1.4)
    axes.plot(
        [row["ratio"]],
        [height],
        marker="o",
        markersize=5.5,
        color=INK,
        markerfacecolor=_FACES[row["verdict"]],
        linestyle="none",
    )
    axes.annotate(
        row["label"],
        (1.0, height),
        xycoords=("axes fraction", "data"),
        ha="right",
        va="center",
        fontsize=7,
        color=INK,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85},
    )
