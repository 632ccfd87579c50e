"""Draw paired ratios on a log axis, as deployed and matched."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from webtrial.results.base.display import Drawing, FigureOrNote, nothing_to_draw
from webtrial.results.base.figure_style import (
    FAINT,
    GREY,
    INK,
    cell_title,
    panels,
    plain_log,
    ring,
    styled,
)
from webtrial.results.base.figure_text import FigureText
from webtrial.results.base.ratio_labels import labelled_ratios
from webtrial.results.throughput.text import ratios_figure_text
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import rows_of
from webtrial.stats.trials import count_invalid, trials_table

_FACES = {"higher": INK, "lower": INK, "indistinguishable": GREY, "inconclusive": "white"}


@styled
def draw(ratios: pd.DataFrame, text: FigureText) -> Drawing:
    """Draw `labelled_ratios` of one metric.

    Filled marks are decided, grey ones indistinguishable, hollow ones inconclusive; the band is the
    A/A noise floor.
    """
    ratios = ratios[np.isfinite(ratios["ratio"])]
    cells = list(dict.fromkeys(zip(ratios["scenario"], ratios["load"], strict=True)))
    parts = [ratios[(ratios["scenario"] == a) & (ratios["load"] == b)] for a, b in cells]
    sizes = [len(part) + part["kind"].nunique() + 1.0 for part in parts]
    height_in = 0.2 * sum(sizes) + 0.35
    figure, axes = panels(len(parts), 1, text.title, height_in, sizes, sharex=True)
    for panel, (scenario, load), part in zip(axes.flat, cells, parts, strict=True):
        panel.set_title(cell_title(scenario, load))
        _panel(panel, part, _limits(ratios))
    axes.flat[-1].set_xlabel("ratio, first stack over second (log scale)")
    return Drawing(figure, *text, ratios)


def _limits(ratios: pd.DataFrame) -> tuple[float, float]:
    """Return axis limits that include every ratio; a wide interval may exceed them."""
    low, high = float(ratios["ratio"].min()), float(ratios["ratio"].max())
    return min(low, 1) / 1.7, max(high, 1) * 1.7


def _panel(axes: Axes, ratios: pd.DataFrame, limits: tuple[float, float]) -> None:
    axes.set_xscale("log")
    axes.set_xlim(*limits)
    plain_log(axes, "x")
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
    if row["suspect"]:
        ring([row["ratio"]], [height], axes)
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
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=7,
        color=INK,
    )


def ratios_figure(run: Run, ratios: pd.DataFrame, metric: str = "throughput") -> FigureOrNote:
    """Draw paired ratios of one metric at each scenario's main closed load."""
    table = labelled_ratios(run, at_main_load(ratios), metric)
    if table["ratio"].notna().sum() == 0:
        return nothing_to_draw("no two stacks that can be compared")
    invalid = count_invalid(at_main_load(trials_table(run)))
    return draw(table, ratios_figure_text(table, invalid))
