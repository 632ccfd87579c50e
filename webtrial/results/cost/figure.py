"""Draw CPU-milliseconds per request: service, PostgreSQL and upstreams, with the sum's interval."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from webtrial.results.base.display import Drawing, Drawings, FigureOrNote, nothing_to_draw
from webtrial.results.base.figure_style import (
    GREY,
    INK,
    Look,
    cell_title,
    looks,
    packed_panels,
    ring,
    stack_axis,
    styled,
    tint,
)
from webtrial.results.base.figure_text import FigureText
from webtrial.results.base.formatting import number
from webtrial.results.base.main_loads import (
    common_stacks,
    count_invalid_in_scenarios,
    count_invalid_of_common_stacks,
    scenarios_with_extra_stacks,
)
from webtrial.results.base.result import Renderers
from webtrial.results.cost import Cost
from webtrial.results.cost.request_time_figure import request_time_figure
from webtrial.results.cost.text import cost_figure_text
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import largest, rows_of

_SHARES = {"service": 1.0, "database": 0.55, "upstreams": 0.22}  # of the hue, in drawing order
_NAMES = {"service": "service", "database": "PostgreSQL", "upstreams": "upstreams"}


@styled
def draw(costs: pd.DataFrame, text: FigureText) -> Drawing:
    """Draw `cost_table` at one load per scenario.

    Full colour is the service, lighter PostgreSQL, lightest the upstreams.
    """
    look = looks(costs)
    parts = [part for _, part in costs.groupby("scenario", sort=False)]
    figure, axes = packed_panels(list(map(len, parts)), text.title)
    for panel, part in zip(axes, parts, strict=True):
        _panel(panel, part, look)
    _name_parts(figure)
    return Drawing(figure, *text, costs)


def _panel(axes: Axes, costs: pd.DataFrame, look: dict[str, Look]) -> None:
    axes.set_title(cell_title(costs["scenario"].iloc[0], costs["load"].iloc[0]))
    axes.set_xlabel("CPU-ms per request")
    axes.set_xlim(0, 1.2 * largest(costs, ["total_ms", "high"]))
    for height, row in zip(stack_axis(axes, costs, look), rows_of(costs), strict=True):
        start = 0.0
        observed = {
            part: share for part, share in _SHARES.items() if np.isfinite(row[f"{part}_ms"])
        }
        for part, share in observed.items():
            axes.barh(
                height, row[f"{part}_ms"], 0.62, start, color=tint(look[row["stack"]].hue, share)
            )
            start += row[f"{part}_ms"]
        if row["suspect_blocks"] and row["total_ms"] > 0:
            ring([row["total_ms"]], [height], axes)
        if np.isfinite(row["low"]):
            axes.plot([row["low"], row["high"]], [height] * 2, color=INK, linewidth=1)
        end = max(row["total_ms"], row["high"] if np.isfinite(row["high"]) else 0)
        axes.annotate(
            number(row["total_ms"]) if row["total_ms"] > 0 else "not observed",
            (end, height),
            xytext=(7 if row["suspect_blocks"] else 4, 0),
            va="center",
            textcoords="offset points",
            color=look[row["stack"]].ink,
        )


def _name_parts(figure: Figure) -> None:
    parts = [Patch(color=tint(GREY, share), label=_NAMES[part]) for part, share in _SHARES.items()]
    figure.legend(handles=parts, loc="outside lower right", ncols=3, frameon=False, fontsize=7)


def cost_figure(run: Run, table: pd.DataFrame) -> FigureOrNote:
    """Draw `cost_table` of the stacks of every scenario, at its main closed load."""
    return _cost(common_stacks(run, at_main_load(table)), count_invalid_of_common_stacks(run))


def cost_figures_of_all(run: Run, table: pd.DataFrame) -> list[FigureOrNote]:
    """Draw `cost_table` of all stacks in the scenario with the most stacks.

    Empty if no scenario has many more stacks than every scenario.
    """
    shown = sorted(scenarios_with_extra_stacks(run, at_main_load(table)), key=len)
    return [_cost(rows, count_invalid_in_scenarios(run, rows)) for rows in shown[-1:]]


def _cost(table: pd.DataFrame, invalid: int) -> FigureOrNote:
    if not (table["total_ms"] > 0).any():
        return nothing_to_draw(Cost.MISSING_DATA)
    return draw(table, cost_figure_text(table, invalid))


FIGURES: Renderers = {
    "per_request": lambda result: cost_figure(result.run, result.data),
    "all_stacks": lambda result: Drawings(cost_figures_of_all(result.run, result.data)),
    "request_time": lambda result: request_time_figure(result.run, result.request_time),
}
