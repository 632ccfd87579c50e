"""Draw searches: response time by the searched word."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from webtrial.results.base.display import Drawing, Drawings, Shown, absent
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
from webtrial.results.base.main_loads import everywhere, left_out_of, trials_of, with_more
from webtrial.results.base.result import Shows
from webtrial.results.search import Search
from webtrial.results.search.text import search_figure_text
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import rows_of
from webtrial.stats.trials import left_out


@styled
def draw(percentiles: pd.DataFrame, words: FigureText) -> Drawing:
    """Draw `search_by_selectivity`: a panel per load, a group per kind of word, a row per stack.

    The mark is the median with its interval, the bar the 90th percentile.
    """
    look = looks(percentiles)
    loads = percentiles["load"].unique().tolist()
    names = percentiles[["kind", "stack", "title"]].drop_duplicates()
    order = names["stack"].drop_duplicates().tolist()
    ranks = names["kind"].map({kind: at for at, kind in enumerate(names["kind"].unique())})
    ranked = names.assign(kind_rank=ranks, stack_rank=names["stack"].map(order.index))
    rows = _placed(rows_of(ranked.sort_values(["kind_rank", "stack_rank"])))
    height_in = 0.22 * (rows[-1]["depth"] + 1) + 0.75
    figure, axes = panels(1, len(loads), words.title, height_in, sharey=True)
    for panel, load in zip(axes.flat, loads, strict=True):
        _panel(panel, percentiles[percentiles["load"] == load], rows, look)
        panel.set_title(str(load))
    axes[0, 0].set_yticks([-row["depth"] for row in rows], [row["title"] for row in rows])
    for label, row in zip(axes[0, 0].get_yticklabels(), rows, strict=True):
        label.set_color(look[row["stack"]].ink)
    figure.supxlabel("response time of a search (ms)", fontsize=8, color=INK)
    return Drawing(figure, *words, percentiles)


def _placed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each row with its `depth` below the top.

    The first row of a kind leaves room for the name of the kind.
    """
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    return [
        row | {"depth": place + 1.0 + kinds.index(row["kind"])} for place, row in enumerate(rows)
    ]


def _panel(
    axes: Axes, percentiles: pd.DataFrame, rows: list[dict[str, Any]], look: dict[str, Look]
) -> None:
    for row in rows:
        here = (percentiles["kind"] == row["kind"]) & (percentiles["stack"] == row["stack"])
        if here.any():
            _stack(axes, percentiles[here], -row["depth"], look[row["stack"]])
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
    found = {row["percentile"]: row for row in rows_of(group)}
    median, slow = found[50], found.get(90)
    mark_interval(axes, median["low"], median["high"], height, look)
    if slow and np.isfinite(slow["latency_ms"]):
        span = [median["latency_ms"], slow["latency_ms"]]
        axes.plot(span, [height] * 2, color=look.hue, linewidth=0.7)
        axes.plot(span[1:], [height], marker="|", color=look.hue, markersize=7)
    suspect = median["suspect_blocks"] > 0
    mark_value(axes, median["latency_ms"], height, look, 5, suspect)


def search_figure(run: Run, by_kind: pd.DataFrame) -> Shown:
    """Draw `search_by_selectivity` of the stacks of every scenario, at every load."""
    invalid = left_out(everywhere(run, trials_of(run, "product_search")))
    return _search(everywhere(run, by_kind), invalid)


def search_figures_of_all(run: Run, by_kind: pd.DataFrame) -> list[Shown]:
    """Draw the same for all stacks at the main closed load, if there are many more of them."""
    shown = with_more(run, at_main_load(by_kind))
    return [_search(rows, left_out_of(run, rows)) for rows in shown]


def _search(table: pd.DataFrame, invalid: int) -> Shown:
    if table["latency_ms"].notna().sum() == 0:
        return absent(Search.LACKS)
    return draw(table, search_figure_text(table, invalid))


FIGURES: Shows = {
    "by_kind": lambda found: search_figure(found.run, found.data),
    "all_stacks": lambda found: Drawings(search_figures_of_all(found.run, found.data)),
}
