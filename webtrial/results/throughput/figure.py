"""Draw each stack's value with its interval, and its blocks below."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from webtrial.results.base.display import (
    Drawing,
    Drawings,
    FigureOrNote,
    concat_frames,
    nothing_to_draw,
)
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
)
from webtrial.results.base.figure_text import FigureText
from webtrial.results.base.formatting import number
from webtrial.results.base.main_loads import common_stacks, scenarios_with_extra_stacks
from webtrial.results.base.result import Renderers
from webtrial.results.throughput import Throughput
from webtrial.results.throughput.ratios_figure import ratios_figure
from webtrial.results.throughput.text import throughput_figure_text
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load, block_values
from webtrial.stats.frames import largest, rows_of


@styled
def draw(
    estimates: pd.DataFrame,
    blocks: pd.DataFrame,
    text: FigureText,
    unit: str = "requests per second",
) -> Drawing:
    """Draw `throughput_table` at one load per scenario, with its `block_values`.

    It also draws `estimates` of another column, whose meaning `unit` gives. Each small mark is one
    block: hollow if suspect, a grey cross if invalid.
    """
    look = looks(estimates)
    parts = [part for _, part in estimates.groupby("scenario", sort=False)]
    figure, axes = packed_panels(list(map(len, parts)), text.title)
    for panel, part in zip(axes, parts, strict=True):
        panel.set_xlabel(unit)
        _panel(panel, part, blocks, look)
    return Drawing(figure, *text, concat_frames(mean=estimates, block=blocks))


def _panel(
    axes: Axes, estimates: pd.DataFrame, blocks: pd.DataFrame, look: dict[str, Look]
) -> None:
    cell = estimates.iloc[0]
    axes.set_title(cell_title(cell["scenario"], cell["load"]))
    in_cell = (blocks["scenario"] == cell["scenario"]) & (blocks["load"] == cell["load"])
    blocks = blocks[in_cell & blocks["stack"].isin(estimates["stack"])]
    heights = stack_axis(axes, estimates, look)
    ends = (largest(estimates, ["value", "high"]), largest(blocks, ["value"]))
    axes.set_xlim(0, 1.3 * max([end for end in ends if np.isfinite(end)] or [1.0]))
    thousands(axes)
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
            group["value"],
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
    value, suspect = row["value"], row["suspect_blocks"]
    text = f"{value:,.0f}" if value >= 100 else number(value)
    if not suspect:
        return text
    note = "suspect" if suspect == row["blocks"] else f"{suspect} of {row['blocks']} suspect"
    return f"{text} ({note})"


def throughput_figure(run: Run, table: pd.DataFrame, ratios: pd.DataFrame) -> FigureOrNote:
    """Draw `throughput_table` of the stacks of every scenario, at its main closed load.

    `ratios` is `ratio_table`.
    """
    return _throughput(run, common_stacks(run, at_main_load(table)), ratios)


def throughput_figures_of_all(
    run: Run, table: pd.DataFrame, ratios: pd.DataFrame
) -> list[FigureOrNote]:
    """Draw the same for all stacks with a database.

    There is a figure for each scenario with many more stacks; none if no scenario has.
    """
    table = at_main_load(table)
    stacks = run.manifest.stacks
    with_database = [name for name in stacks if stacks[name].get("data_access") != "none"]
    rows_drawn = table[table["stack"].isin(with_database)]
    return [_throughput(run, rows, ratios) for rows in scenarios_with_extra_stacks(run, rows_drawn)]


def _throughput(run: Run, table: pd.DataFrame, ratios: pd.DataFrame) -> FigureOrNote:
    if table.empty:
        return nothing_to_draw(Throughput.MISSING_DATA)
    blocks = block_values(run, "throughput_per_s")
    return draw(table, blocks, throughput_figure_text(table, ratios))


FIGURES: Renderers = {
    "rates": lambda result: throughput_figure(result.run, result.data, result.ratios),
    "all_stacks": lambda result: Drawings(
        throughput_figures_of_all(result.run, result.data, result.ratios)
    ),
    "ratios": lambda result, metric="throughput": ratios_figure(result.run, result.ratios, metric),
}
