"""Draw CPU-milliseconds per request during a migration from one framework to another."""

import pandas as pd
from matplotlib.axes import Axes

from webtrial.results.base.display import Drawing, FigureOrNote, nothing_to_draw
from webtrial.results.base.figure_style import (
    Look,
    looks,
    mark_interval,
    mark_value,
    panels,
    plain_log,
    stack_axis,
    styled,
)
from webtrial.results.base.figure_text import FigureText
from webtrial.results.base.formatting import humanize, number
from webtrial.results.base.result import Renderers
from webtrial.results.migration import Migration
from webtrial.results.migration.text import migration_figure_text
from webtrial.run.store import Run
from webtrial.stats.estimates import CELL
from webtrial.stats.frames import rows_of
from webtrial.stats.trials import count_invalid, trials_table


@styled
def draw(costs: pd.DataFrame, text: FigureText) -> Drawing:
    """Draw `migration_costs`: a panel per scenario and way, all on one scale.

    A wide interval may exceed the axis, a value may not.
    """
    look = looks(costs)
    parts = [part for _, part in costs.groupby(["scenario", "way"], sort=False)]
    observed = costs.loc[costs["value"] > 0, "value"]
    sizes = [len(part) + 1.6 for part in parts]
    figure, axes = panels(len(parts), 1, text.title, 0.21 * sum(sizes) + 0.4, sizes, sharex=True)
    for panel, part in zip(axes.flat, parts, strict=True):
        panel.set_xscale("log")
        if len(observed):
            panel.set_xlim(observed.min() / 1.7, observed.max() * 1.7)
        plain_log(panel, "x")
        _panel(panel, part, look)
    axes.flat[-1].set_xlabel("CPU-milliseconds of the service per request (log scale)")
    return Drawing(figure, *text, costs)


def _panel(axes: Axes, costs: pd.DataFrame, look: dict[str, Look]) -> None:
    first = costs.iloc[0]
    axes.set_title(f"{first['way']}: {humanize(str(first['scenario']))}, {first['load']}")
    for height, row in zip(stack_axis(axes, costs, look), rows_of(costs), strict=True):
        style = look[row["stack"]]
        mark_interval(axes, row["low"], row["high"], height, style)
        mark_value(axes, row["value"], height, style, suspect=row["suspect_blocks"] > 0)
        axes.annotate(
            number(row["value"]),
            (1.0, height),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
            color=style.ink,
        )


def costs_figure(run: Run, costs: pd.DataFrame, ratios: pd.DataFrame) -> FigureOrNote:
    """Draw `migration_costs` with the ratios of `migration_ratios`."""
    if ratios.empty:
        return nothing_to_draw(Migration.MISSING_DATA)
    trials = trials_table(run).merge(costs[[*CELL, "stack"]].drop_duplicates())
    return draw(costs, migration_figure_text(costs, ratios, count_invalid(trials)))


FIGURES: Renderers = {"costs": lambda result: costs_figure(result.run, result.costs, result.data)}
