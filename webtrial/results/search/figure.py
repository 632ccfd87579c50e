"""Draw searches: response time by the searched word."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from webtrial.results.base.display import Drawing, Drawings, FigureOrNote, nothing_to_draw
from webtrial.results.base.figure_style import (
    GREY,
    INK,
    Look,
    looks,
    mark_interval,
    mark_value,
    panels,
    plain_log,
    styled,
)
from webtrial.results.base.figure_text import FigureText
from webtrial.results.base.main_loads import (
    common_stacks,
    count_invalid_in_scenarios,
    scenarios_with_extra_stacks,
    trials_of,
)
from webtrial.results.base.result import Renderers
from webtrial.results.search import Search
from webtrial.results.search.text import search_figure_text
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import rows_of
from webtrial.stats.trials import count_invalid


@styled
def draw(percentiles: pd.DataFrame, text: FigureText) -> Drawing:
    """Draw `search_by_selectivity`: a panel per load, a group per kind of word, a row per stack.

    The mark is the median with its interval, the bar the 90th percentile.
    """
    look = looks(percentiles)
    loads = percentiles["load"].unique().tolist()
    names = percentiles[["kind", "stack", "title"]].drop_duplicates()
    order = names["stack"].drop_duplicates().tolist()
    ranks = names["kind"].map({kind: n for n, kind in enumerate(names["kind"].unique())})
    ranked = names.assign(kind_rank=ranks, stack_rank=names["stack"].map(order.index))
    rows = _with_depth(rows_of(ranked.sort_values(["kind_rank", "stack_rank"])))
    height_in = 0.22 * (rows[-1]["depth"] + 1) + 0.75
    figure, axes = panels(1, len(loads), text.title, height_in, sharey=True)
    for panel, load in zip(axes.flat, loads, strict=True):
        _panel(panel, percentiles[percentiles["load"] == load], rows, look)
        panel.set_title(str(load))
    axes[0, 0].set_yticks([-row["depth"] for row in rows], [row["title"] for row in rows])
    for label, row in zip(axes[0, 0].get_yticklabels(), rows, strict=True):
        label.set_color(look[row["stack"]].ink)
    figure.supxlabel("response time of a search (ms)", fontsize=8, color=INK)
    return Drawing(figure, *text, percentiles)


def _with_depth(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each row with its `depth` below the top.

    The first row of a kind leaves room for the name of the kind.
    """
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    return [
        row | {"depth": index + 1.0 + kinds.index(row["kind"])} for index, row in enumerate(rows)
    ]


def _panel(
    axes: Axes, percentiles: pd.DataFrame, rows: list[dict[str, Any]], look: dict[str, Look]
) -> None:
    for row in rows:
        group = percentiles[
            (percentiles["kind"] == row["kind"]) & (percentiles["stack"] == row["stack"])
        ]
        if len(group):
            _stack(axes, group, -row["depth"], look[row["stack"]])
    for kind, depth in {row["kind"]: row["depth"] for row in reversed(rows)}.items():
        axes.axhline(1.5 - depth, color=GREY, linewidth=0.5)
        axes.annotate(
            f"{kind} words",
            (0.02, 0.9 - depth),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=7,
            fontstyle="italic",
            color=INK,
        )
    axes.set_ylim(-rows[-1]["depth"] - 0.6, 0.5)
    axes.set_xscale("log")
    plain_log(axes, "x")
    axes.margins(x=0.12)
    axes.grid(visible=False, axis="y")


def _stack(axes: Axes, group: pd.DataFrame, height: float, look: Look) -> None:
    by_percentile = {row["percentile"]: row for row in rows_of(group)}
    median, p90 = by_percentile[50], by_percentile.get(90)
    mark_interval(axes, median["low"], median["high"], height, look)
    if p90 and np.isfinite(p90["latency_ms"]):
        span = [median["latency_ms"], p90["latency_ms"]]
        axes.plot(span, [height] * 2, color=look.hue, linewidth=0.7)
        axes.plot(span[1:], [height], marker="|", color=look.hue, markersize=7)
    suspect = median["suspect_blocks"] > 0
    mark_value(axes, median["latency_ms"], height, look, 5, suspect)


def search_figure(run: Run, by_kind: pd.DataFrame) -> FigureOrNote:
    """Draw `search_by_selectivity` of the stacks of every scenario, at every load."""
    invalid = count_invalid(common_stacks(run, trials_of(run, "product_search")))
    return _search(common_stacks(run, by_kind), invalid)


def search_figures_of_all(run: Run, by_kind: pd.DataFrame) -> list[FigureOrNote]:
    """Draw the same for all stacks at the main closed load, if there are many more of them."""
    scenarios = scenarios_with_extra_stacks(run, at_main_load(by_kind))
    return [_search(rows, count_invalid_in_scenarios(run, rows)) for rows in scenarios]


def _search(table: pd.DataFrame, invalid: int) -> FigureOrNote:
    if table["latency_ms"].notna().sum() == 0:
        return nothing_to_draw(Search.MISSING_DATA)
    return draw(table, search_figure_text(table, invalid))


FIGURES: Renderers = {
    "by_kind": lambda result: search_figure(result.run, result.data),
    "all_stacks": lambda result: Drawings(search_figures_of_all(result.run, result.data)),
}
