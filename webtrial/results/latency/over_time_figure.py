"""Draw responses by time and response time, a heat map for each stack; it shows stalls."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, LogNorm, to_hex, to_rgb

from webtrial.results.base.display import Drawing, FigureOrNote, nothing_to_draw
from webtrial.results.base.figure_style import (
    INK,
    Look,
    grid_shape,
    hide_unused,
    looks,
    panels,
    styled,
)
from webtrial.results.base.figure_text import FigureText
from webtrial.results.base.formatting import number
from webtrial.results.base.main_loads import common_stacks
from webtrial.results.explorer.estimate import measured_cells
from webtrial.results.latency.over_time import BINS_PER_DECADE, TIME_BINS, OverTime
from webtrial.results.latency.over_time import over_time as over_time_of
from webtrial.results.latency.text import over_time_figure_text
from webtrial.run.store import Run
from webtrial.stats.estimates import main_load
from webtrial.stats.frames import rows_of

_DETAIL = 4  # pixels per map cell: keeps edges sharp in viewers that smooth images
_TICKS = [factor * 10.0**power for power in range(-3, 6) for factor in (1, 2, 5)]


@styled
def draw(typical: OverTime, text: FigureText) -> Drawing:
    """Draw `over_time`: a panel per stack, all on the same scales.

    The bracket marks the longest time without a response.
    """
    look = looks(typical.trials)
    rows, columns = grid_shape(typical.trials["stack"].tolist(), 3)
    figure, axes = panels(rows, columns, text.title, 2.1 * rows + 0.3, sharex=True, sharey=True)
    low, high = int(typical.cells["step"].min()) - 1, int(typical.cells["step"].max()) + 2
    most = int(typical.cells["requests"].max())
    for panel, row in zip(axes.flat, rows_of(typical.trials), strict=False):
        cells = typical.cells[typical.cells["stack"] == row["stack"]]
        _map(panel, cells, (low, high), row["window_s"], look[row["stack"]], most)
        _silence(panel, row)
        panel.set_title(row["title"], color=look[row["stack"]].ink)
    ticks = [tick for tick in _TICKS if low <= BINS_PER_DECADE * np.log10(tick) <= high]
    axes[0, 0].set_yticks(np.log10(ticks), [f"{tick:,g}" for tick in ticks])
    for panel in axes[:, 0]:
        panel.set_ylabel("response time (ms)")
    for panel in axes[-1]:
        panel.set_xlabel("time of the response (s)")
    hide_unused(axes.flat[len(typical.trials) :])
    return Drawing(figure, *text, typical.cells)


def _map(
    axes: Axes,
    cells: pd.DataFrame,
    steps: tuple[int, int],
    window_s: float,
    look: Look,
    most: int,
) -> None:
    low, high = steps
    counts = np.zeros((high - low, TIME_BINS))
    counts[cells["step"] - low, cells["moment"]] = cells["requests"]
    axes.imshow(
        np.kron(np.where(counts > 0, counts, np.nan), np.ones((_DETAIL, _DETAIL))),
        origin="lower",
        aspect="auto",
        interpolation="none",
        extent=(0, window_s, low / BINS_PER_DECADE, high / BINS_PER_DECADE),
        cmap=LinearSegmentedColormap.from_list(
            "responses", [_pale(look), to_hex(look.hue), to_hex(_dark(look))]
        ),
        norm=LogNorm(1, max(most, 2)),
    )
    axes.set_ylim(low / BINS_PER_DECADE, high / BINS_PER_DECADE)


def _pale(look: Look) -> str:
    red, green, blue = (0.35 * part + 0.65 for part in to_rgb(look.hue))
    return to_hex((red, green, blue))


def _dark(look: Look) -> tuple[float, float, float]:
    red, green, blue = (0.45 * part for part in look.ink)
    return red, green, blue


def _silence(axes: Axes, row: dict[str, Any]) -> None:
    """Draw a bracket along the top over the longest silence, labelled with its duration."""
    start_s, end_s = row["silent_from_s"], row["silent_from_s"] + row["silence_ms"] / 1000
    middle = (start_s + end_s) / 2 / row["window_s"]
    axes.annotate(
        "",
        (start_s, 0.93),
        (end_s, 0.93),
        xycoords=("data", "axes fraction"),
        textcoords=("data", "axes fraction"),
        arrowprops={"arrowstyle": "|-|, widthA=0.25, widthB=0.25", "color": INK, "linewidth": 1},
    )
    axes.annotate(
        f"{number(row['silence_ms'])} ms",
        (min(max(middle, 0.12), 0.88), 0.955),
        xycoords="axes fraction",
        ha="center",
        va="bottom",
        fontsize=7,
        color=INK,
    )


def over_time_figure(
    run: Run, scenario: str | None = None, load: str | None = None
) -> FigureOrNote:
    """Draw the responses over time in a typical trial of each stack that every scenario has.

    The default is the first scenario at its main closed load.
    """
    rows = common_stacks(run, measured_cells(run))
    rows = rows[rows["scenario"] == (scenario or run.manifest.parameters.scenarios[0])]
    load = load or main_load(rows, "closed") or main_load(rows, "open")
    rows = rows[rows["load"] == load]
    if rows.empty:
        return nothing_to_draw("no usable trial of this scenario at this load")
    typical = over_time_of(run, rows["scenario"].iloc[0], str(load), rows["stack"].tolist())
    if typical.cells.empty:
        return nothing_to_draw("no successful response in the typical trials of this scenario")
    return draw(typical, over_time_figure_text(typical))
