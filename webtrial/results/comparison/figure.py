"""Draw ratios of stacks in two runs, one below the other, on a log axis."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from webtrial.results.base.display import Drawing, FigureOrNote, nothing_to_draw
from webtrial.results.base.figure_style import (
    FAINT,
    GREY,
    HUES,
    INK,
    cell_title,
    panels,
    plain_log,
    ring,
    styled,
)
from webtrial.results.base.figure_text import FigureText
from webtrial.results.base.formatting import with_interval
from webtrial.results.base.result import Renderers
from webtrial.results.comparison.text import changes_figure_text, replication_figure_text
from webtrial.results.throughput import ratios_figure as ratios
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import rows_of
from webtrial.stats.pairs import title_of

_RUNS = {"before": (0.16, INK, "o"), "after": (-0.16, HUES["FastAPI"], "D")}
"""For each run, its offset above the row, its colour and its marker."""


@styled
def draw(replicated: pd.DataFrame, text: FigureText) -> Drawing:
    """Draw `replication` of one metric, with `title` and `baseline_title` of the stacks."""
    places = list(dict.fromkeys(zip(replicated["scenario"], replicated["load"], strict=True)))
    parts = [
        replicated[(replicated["scenario"] == a) & (replicated["load"] == b)] for a, b in places
    ]
    sizes = [len(part) + 1.0 for part in parts]
    height_in = 0.28 * sum(sizes) + 0.35
    figure, axes = panels(len(parts), 1, text.title, height_in, sizes, sharex=True)
    limits = _limits(replicated)
    for panel, (scenario, load), part in zip(axes.flat, places, parts, strict=True):
        panel.set_title(cell_title(scenario, load))
        _panel(panel, rows_of(part), limits)
    axes.flat[-1].set_xlabel("ratio, first stack over second (log scale)")
    return Drawing(figure, *text, replicated)


def _limits(replicated: pd.DataFrame) -> tuple[float, float]:
    ratios = replicated[["ratio_before", "ratio_after"]].to_numpy(float)
    return min(float(np.nanmin(ratios)), 1) / 1.7, max(float(np.nanmax(ratios)), 1) * 1.7


def _panel(axes: Axes, rows: list[dict[str, Any]], limits: tuple[float, float]) -> None:
    axes.set_xscale("log")
    axes.set_xlim(*limits)
    plain_log(axes, "x")
    axes.axvline(1, color=GREY, linewidth=1)
    floors = [row[f"floor_{run}"] for row in rows for run in _RUNS]
    if floor := max(filter(np.isfinite, floors), default=0.0):
        axes.axvspan(1 / floor, floor, color=FAINT, linewidth=0)
    for place, row in enumerate(rows):
        for run, (offset, colour, marker) in _RUNS.items():
            _mark(axes, row, run, offset - place, colour, marker)
        axes.annotate(
            row["outcome"],
            (1.0, -place),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
        )
    labels = [f"{row['title']} / {row['baseline_title']}" for row in rows]
    axes.set_yticks([-float(place) for place in range(len(rows))], labels)
    axes.set_ylim(-len(rows) + 0.4, 0.6)
    axes.grid(visible=False, axis="y")


def _mark(
    axes: Axes, row: dict[str, Any], run: str, height: float, colour: str, marker: str
) -> None:
    ratio, low, high = (row[f"{name}_{run}"] for name in ("ratio", "low", "high"))
    if not np.isfinite(ratio):
        return
    if np.isfinite(low):
        axes.plot([low, high], [height] * 2, color=colour, linewidth=1.4)
    if row[f"suspect_{run}"]:
        ring([ratio], [height], axes, 5)
    is_hollow = row[f"verdict_{run}"] == "inconclusive"
    axes.plot(
        [ratio],
        [height],
        marker=marker,
        markersize=5,
        color=colour,
        markerfacecolor="white" if is_hollow else colour,
        linestyle="none",
    )


def replication_figure(run: Run, replicated: pd.DataFrame) -> FigureOrNote:
    """Draw `replication` of requests per second at the main closed loads.

    `run` provides the titles of the stacks.
    """
    table = at_main_load(replicated[replicated["metric"] == "throughput"])
    table = table[table["ratio_before"].notna() | table["ratio_after"].notna()]
    if table.empty:
        return nothing_to_draw("no pair of stacks that the other run compares, too")
    stacks = run.manifest.stacks
    titles = table.assign(
        title=[title_of(name, stacks) for name in table["stack"]],
        baseline_title=[title_of(name, stacks) for name in table["baseline"]],
    )
    return draw(titles, replication_figure_text(titles))


def changes_figure(changed: pd.DataFrame) -> FigureOrNote:
    """Draw `changes` of requests per second at the main closed loads."""
    table = at_main_load(changed[changed["metric"] == "throughput"])
    table = table[table["ratio"].notna()]
    if table.empty:
        return nothing_to_draw("no stack and closed load in common with the other run")
    spans = zip(table["ratio"], table["low"], table["high"], strict=True)
    drawn = table.assign(
        kind="second run over first run",
        baseline_title="itself in the first run",
        floor=float("nan"),
        blocks=table[["blocks_before", "blocks_after"]].min(axis=1),
        label=[with_interval(*span) for span in spans],
    )
    return ratios.draw(drawn, changes_figure_text(drawn))


FIGURES: Renderers = {
    "replication": lambda result: replication_figure(result.run, result.replication),
    "changes": lambda result: changes_figure(result.data),
}
