"""Draw response time against the number of sources, called in turn or at once, per delay."""

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes

from webtrial.results.base.display import Drawing, Prose, nothing_to_draw
from webtrial.results.base.figure_style import (
    GREY,
    Look,
    grid_shape,
    hide_unused,
    label_lines,
    looks,
    panels,
    plain_log,
    styled,
)
from webtrial.results.base.figure_text import FigureText
from webtrial.results.base.result import Renderers
from webtrial.results.fan_out.text import figure_text

if TYPE_CHECKING:
    from webtrial.results.fan_out import FanOut


def medians(result: "FanOut") -> Drawing | Prose:
    """Draw medians with their intervals, joined, and in grey the formula in turn and at once."""
    if result.data.empty:
        return nothing_to_draw(result.MISSING_DATA)
    return draw(result.data, figure_text(result.data, result.at_once_over_in_turn))


@styled
def draw(table: pd.DataFrame, text: FigureText) -> Drawing:
    """Draw `estimate.response_times` with its text."""
    look = looks(table)
    delays = sorted(table["delay_ms"].unique())
    rows, columns = grid_shape([str(each) for each in delays])
    figure, axes = panels(rows, columns, text.title, 2.5 * rows)
    for panel, delay_ms in zip(axes.flat, delays, strict=False):
        _panel(panel, table[table["delay_ms"] == delay_ms], look)
    for panel in axes[:, 0]:
        panel.set_ylabel("median response time (ms)")
    hide_unused(axes.flat[len(delays) :])
    return Drawing(figure, *text, table)


def _panel(axes: Axes, part: pd.DataFrame, look: dict[str, Look]) -> None:
    delay_ms = part["delay_ms"].iloc[0]
    counts = sorted(part["count"].unique())
    axes.set_title(f"each source takes {delay_ms:g} ms")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(counts, [f"{count:g}" for count in counts])
    axes.set_xlim(counts[0] / 1.15, counts[-1] * 1.15)
    axes.minorticks_off()
    axes.set_xlabel("sources")
    if delay_ms:
        axes.plot(counts, [delay_ms * each for each in counts], "--", color=GREY, linewidth=0.9)
        axes.plot(counts, [delay_ms] * len(counts), "-", color=GREY, linewidth=0.9)
    for stack, rows in part.groupby("stack", sort=False):
        _stack(axes, rows.sort_values("count"), look[str(stack)])
    plain_log(axes, "y")
    last = part.sort_values("count").drop_duplicates("stack", keep="last")
    label_lines(axes, last, "median_ms", look, 0.075)


def _stack(axes: Axes, rows: pd.DataFrame, look: Look) -> None:
    axes.plot(
        rows["count"],
        rows["median_ms"],
        color=look.hue,
        linestyle=look.line,
        linewidth=1,
        marker=look.marker,
        markerfacecolor=look.face,
        markersize=4,
    )
    axes.vlines(rows["count"], rows["low"], rows["high"], color=look.hue, linewidth=2.4, alpha=0.4)


FIGURES: Renderers = {"medians": medians}
