"""Draw answers by moment and response time, a map for each stack, which makes stalls visible."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, LogNorm, to_hex, to_rgb

from webtrial.results.base.display import Drawing, Shown, absent
from webtrial.results.base.figure_style import (
    INK,
    Look,
    grid_of,
    hide_unused,
    looks,
    panels,
    styled,
)
from webtrial.results.base.figure_text import FigureText
from webtrial.results.base.formatting import number
from webtrial.results.base.main_loads import everywhere
from webtrial.results.explorer.estimate import places
from webtrial.results.latency.over_time import MOMENTS, STEPS, OverTime
from webtrial.results.latency.over_time import over_time as over_time_of
from webtrial.results.latency.text import over_time_figure_text
from webtrial.run.store import Run
from webtrial.stats.estimates import main_load
from webtrial.stats.frames import rows_of

_DETAIL = 4  # pixels per map cell: keeps edges sharp in viewers that smooth images
_TICKS = [factor * 10.0**power for power in range(-3, 6) for factor in (1, 2, 5)]


@styled
def draw(found: OverTime, words: FigureText) -> Drawing:
    """Draw `over_time`: a panel per stack, all on the same scales.

    The bracket marks the longest time without an answer.
    """
    look = looks(found.trials)
    rows, columns = grid_of(found.trials["stack"].tolist(), 3)
    figure, axes = panels(rows, columns, words.title, 2.1 * rows + 0.3, sharex=True, sharey=True)
    low, high = int(found.cells["step"].min()) - 1, int(found.cells["step"].max()) + 2
    most = int(found.cells["requests"].max())
    for panel, row in zip(axes.flat, rows_of(found.trials), strict=False):
        cells = found.cells[found.cells["stack"] == row["stack"]]
        _map(panel, cells, (low, high), row["window_s"], look[row["stack"]], most)
        _silence(panel, row)
        panel.set_title(row["title"], color=look[row["stack"]].ink)
    ticks = [tick for tick in _TICKS if low <= STEPS * np.log10(tick) <= high]
    axes[0, 0].set_yticks(np.log10(ticks), [f"{tick:,g}" for tick in ticks])
    for panel in axes[:, 0]:
        panel.set_ylabel("response time (ms)")
    for panel in axes[-1]:
        panel.set_xlabel("answered after (s)")
    hide_unused(axes.flat[len(found.trials) :])
    return Drawing(figure, *words, found.cells)


def _map(
    axes: Axes,
    cells: pd.DataFrame,
    steps: tuple[int, int],
    window_s: float,
    look: Look,
    most: int,
) -> None:
    low, high = steps
    counts = np.zeros((high - low, MOMENTS))
    counts[cells["step"] - low, cells["moment"]] = cells["requests"]
    axes.imshow(
        np.kron(np.where(counts > 0, counts, np.nan), np.ones((_DETAIL, _DETAIL))),
        origin="lower",
        aspect="auto",
        interpolation="none",
        extent=(0, window_s, low / STEPS, high / STEPS),
        cmap=LinearSegmentedColormap.from_list(
            "answers", [_pale(look), to_hex(look.hue), to_hex(_dark(look))]
        ),
        norm=LogNorm(1, max(most, 2)),
    )
    axes.set_ylim(low / STEPS, high / STEPS)


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


def over_time_figure(run: Run, scenario: str | None = None, load: str | None = None) -> Shown:
    """Draw the answers over time in a typical trial of each stack that every scenario has.

    The default is the first scenario at its main closed load.
    """
    there = everywhere(run, places(run))
    there = there[there["scenario"] == (scenario or run.manifest.parameters.scenarios[0])]
    load = load or main_load(there, "closed") or main_load(there, "open")
    there = there[there["load"] == load]
    if there.empty:
        return absent("no trial there that counts")
    found = over_time_of(run, there["scenario"].iloc[0], str(load), there["stack"].tolist())
    if found.cells.empty:
        return absent("no answer there")
    return draw(found, over_time_figure_text(found))
