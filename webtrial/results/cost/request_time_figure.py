"""Draw where a request's time goes: the parts of the mean response time of each stack."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from webtrial.results.base.display import Drawing, FigureOrNote, nothing_to_draw
from webtrial.results.base.figure_style import (
    FAINT,
    GREY,
    INK,
    Look,
    cell_title,
    looks,
    packed_panels,
    plain_log,
    ring,
    stack_axis,
    styled,
)
from webtrial.results.base.figure_text import FigureText
from webtrial.results.base.formatting import humanize, listed, number
from webtrial.results.cost.request_time import PARTS
from webtrial.results.cost.text import request_time_figure_text
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import rows_of
from webtrial.stats.trials import count_invalid, trials_table

_MARKS = {  # part → marker and colour
    "database_ms": ("s", "#0072B2"),
    "upstreams_ms": ("^", "#CC79A7"),
    "connection_ms": ("D", "#009E73"),
    "cpu_ms": ("o", INK),
    "queue_ms": ("X", GREY),
}
_LEAST_MS = 0.01  # smaller values are not drawn


@styled
def draw(table: pd.DataFrame, text: FigureText) -> Drawing:
    """Draw `request_time`: a panel per scenario, a row per stack, a mark per part on a log scale.

    The vertical bar marks the total.
    """
    look = looks(table)
    parts = [part for _, part in table.groupby("scenario", sort=False)]
    figure, axes = packed_panels(list(map(len, parts)), text.title)
    for panel, part in zip(axes, parts, strict=True):
        _panel(panel, part, look)
    _name_parts(figure)
    return Drawing(figure, *text, table)


def _panel(axes: Axes, table: pd.DataFrame, look: dict[str, Look]) -> None:
    axes.set_title(cell_title(table["scenario"].iloc[0], table["load"].iloc[0]))
    axes.set_xscale("log")
    values = table[[*PARTS, "response_ms"]].to_numpy(dtype=float)
    drawn = values[values >= _LEAST_MS]
    axes.set_xlim(drawn.min() / 1.6, drawn.max() * 1.25)
    plain_log(axes, "x", (1,))
    axes.set_xlabel("ms per request")
    for height, row in zip(stack_axis(axes, table, look), rows_of(table), strict=True):
        _row(axes, row, height, look[row["stack"]])


def _row(axes: Axes, row: dict[str, Any], height: float, look: Look) -> None:
    axes.axhline(height, color=FAINT, linewidth=0.8, zorder=0)
    for name, (marker, color) in _MARKS.items():
        if np.isfinite(row[name]) and row[name] >= _LEAST_MS:
            axes.plot(
                [row[name]], [height], marker=marker, color=color, markersize=5, linestyle="none"
            )
    if row["suspect_blocks"]:
        ring([row["response_ms"]], [height], axes)
    axes.plot([row["response_ms"]], [height], "|", color=look.hue, markersize=11, markeredgewidth=2)
    axes.annotate(
        number(row["response_ms"]),
        (1.0, height),
        xycoords=("axes fraction", "data"),
        xytext=(3, 0),
        textcoords="offset points",
        va="center",
        fontsize=7,
        color=look.ink,
    )


def _name_parts(figure: Figure) -> None:
    parts = [
        Line2D(
            [], [], marker=marker, color=color, linestyle="none", markersize=5, label=PARTS[name]
        )
        for name, (marker, color) in _MARKS.items()
    ]
    parts.append(
        Line2D([], [], marker="|", color=INK, linestyle="none", markersize=9, label="total")
    )
    figure.legend(handles=parts, loc="outside lower right", ncols=6, frameon=False, fontsize=7)


SHOWN_SCENARIOS = ("user_detail", "dashboard")
"""The scenarios whose request time is drawn: one without upstreams and one with them."""


def request_time_figure(run: Run, table: pd.DataFrame) -> FigureOrNote:
    """Draw `request_time` of a scenario without upstreams and of one with them."""
    shown = table[table["scenario"].isin(SHOWN_SCENARIOS)]
    if shown.empty:
        return nothing_to_draw(f"no closed load of {listed(list(map(humanize, SHOWN_SCENARIOS)))}")
    trials = at_main_load(trials_table(run))
    invalid = count_invalid(trials[trials["scenario"].isin(SHOWN_SCENARIOS)])
    return draw(shown, request_time_figure_text(shown, invalid))
