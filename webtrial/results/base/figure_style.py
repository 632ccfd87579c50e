"""The visual style: a hue per framework, a marker and a line style per stack, grey for invalid.

The hues are Okabe and Ito's, distinguishable with every common kind of colour blindness (Okabe and
Ito, Color Universal Design, 2008). Stacks of one framework share its hue; the marker of the stack
as deployed is filled.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import matplotlib as mpl
import matplotlib.ticker
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D

from webtrial.results.base.figure_defaults import drawing_from_defaults
from webtrial.results.base.formatting import humanize
from webtrial.system.folders import REPOSITORY

FONTS = REPOSITORY / "report" / "fonts"
for _weight in ("Regular", "Bold"):
    fontManager.addfont(FONTS / f"Inter-{_weight}.ttf")
    # Insert at the front, or a user's own Inter, which also matches, would be found first.
    fontManager.ttflist.insert(0, fontManager.ttflist.pop())

WIDTH_IN = 7.2
GREY = "#8a8a8a"
FAINT = "#e4e4e4"
SUSPECT = "#E69F00"
INK = "#222222"
MUTED = "#555555"

HUES = {
    "Django": "#009E73",
    "Flask": "#0072B2",
    "FastAPI": "#D55E00",
    "Django and FastAPI": "#CC79A7",
    "Flask and FastAPI": "#56B4E9",
}
SPARE_HUES = ("#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "D", "s", "^", "v", "P")
DASHES: tuple[tuple[float, ...], ...] = (
    *((), (4, 1.5), (5, 1, 1, 1)),
    *((1, 1), (3, 3), (1, 3)),
)  # on and off, in line widths; () is a solid line

SETTINGS: Any = {
    "font.family": ["Inter", "DejaVu Sans"],
    "font.size": 8,
    "text.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "svg.fonttype": "none",
}


styled = drawing_from_defaults(SETTINGS)
"""Decorator for drawing functions that keeps these settings out of a reader's own figures."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a stack is drawn: `ink` is its hue, darkened enough to be readable as text."""

    hue: str
    ink: tuple[float, float, float]
    marker: str
    dashes: tuple[float, ...]
    filled: bool

    @property
    def line(self) -> Any:
        """The dashes as a matplotlib line style."""
        return (0, self.dashes) if self.dashes else "-"

    @property
    def face(self) -> str:
        """The fill colour of its marker: stacks as deployed are filled, variants hollow."""
        return self.hue if self.filled else "white"


def looks(frame: pd.DataFrame) -> dict[str, Look]:
    """Return the look of each stack in a table with `stack` and `framework`.

    It is the same in every figure that shows the same stacks of a framework.
    """
    names = frame[["stack", "framework"]].drop_duplicates()
    styles: dict[str, Look] = {}
    for index, (framework, group) in enumerate(names.groupby("framework", sort=False)):
        hue = HUES.get(str(framework), SPARE_HUES[index % len(SPARE_HUES)])
        deployed = str(framework).lower()
        ranked = sorted(group["stack"], key=lambda name: (name != deployed, name))
        first = 0 if ranked[0] == deployed else 1
        for variant, name in enumerate(ranked, first):
            styles[name] = _look(hue, _first_index(str(framework)), variant)
    return styles


def _first_index(framework: str) -> int:
    """Return a framework's starting index among markers and dashes.

    Frameworks start at different indices because stacks as deployed must be distinguishable in
    grey.
    """
    known = list(HUES)
    return known.index(framework) if framework in known else len(known)


def _look(hue: str, first: int, variant: int) -> Look:
    index = (first + variant) % len(MARKERS)
    return Look(hue, darkened(hue), MARKERS[index], DASHES[index], variant == 0)


def darkened(hue: str) -> tuple[float, float, float]:
    """Return `hue` darkened enough to be readable as text on white paper."""
    red, green, blue = (0.72 * part for part in to_rgb(hue))
    return red, green, blue


def tint(hue: str, opacity: float) -> tuple[float, float, float, float]:
    """Return `hue` with that opacity; the white or black background shows through."""
    return (*to_rgb(hue), opacity)


def panels(
    rows: int,
    columns: int,
    title: str,
    height_in: float,
    ratios: Sequence[float] | None = None,
    **options: Any,
) -> tuple[Figure, np.ndarray]:
    """Return a figure titled with its finding, and a two-dimensional grid of axes."""
    figure = _titled(title, height_in)
    return figure, figure.subplots(rows, columns, squeeze=False, height_ratios=ratios, **options)


def _titled(title: str, height_in: float) -> Figure:
    wrapped = fill(title, 88)
    head_in = 0.18 * (wrapped.count("\n") + 1)
    layout = ConstrainedLayoutEngine(w_pad=0.1)
    figure = Figure(figsize=(WIDTH_IN, height_in + head_in + 0.1), layout=layout)
    figure.suptitle(wrapped, x=0.01, ha="left", fontsize=9.5, fontweight="bold", color=INK)
    return figure


def packed_panels(rows: Sequence[int], title: str, head: float = 1.4) -> tuple[Figure, list[Axes]]:
    """Return a figure titled with its finding, with one panel for each entry of `rows`.

    An entry is the panel's number of rows; all rows have the same height. Panels are placed in two
    columns, each below the currently shorter column, or in one column if one panel has more rows
    than all others together. `head` is the height that a panel needs besides its rows, in rows.
    """
    sizes = [count + head for count in rows]
    columns = 1 if 2 * max(sizes) > sum(sizes) else 2
    panels_in: list[list[int]] = [[] for _ in range(columns)]
    heights = [0.0] * columns
    for panel, size in enumerate(sizes):
        shorter = heights.index(min(heights))
        panels_in[shorter].append(panel)
        heights[shorter] += size
    figure = _titled(title, (ROW_IN if max(heights) <= MANY_ROWS else LOW_ROW_IN) * max(heights))
    grid = figure.add_gridspec(1, columns)
    axes: dict[int, Axes] = {}
    for column, panels_below in enumerate(panels_in):
        ratios = [sizes[panel] for panel in panels_below]
        unused = max(heights) - heights[column]
        below = [unused] if unused > 0 else []
        spec = grid[0, column].subgridspec(
            len(ratios) + len(below), 1, height_ratios=ratios + below
        )
        axes |= {panel: figure.add_subplot(spec[row]) for row, panel in enumerate(panels_below)}
    return figure, [axes[panel] for panel in range(len(rows))]


ROW_IN, LOW_ROW_IN, MANY_ROWS = 0.29, 0.235, 26.0
"""Row height of `packed_panels` in inches, the smaller row height, and the number of rows in a
column above which the smaller one applies.
"""


def cell_title(scenario: str, load: str) -> str:
    """Return the panel title of a cell: `user detail, 100 users`."""
    return f"{humanize(scenario)}, {load}"


def thousands(axes: Axes, which: str = "x") -> None:
    """Format the ticks of a linear axis with thousands separators."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:,g}"))


def add_line_legend(figure: Figure, frame: pd.DataFrame, look: dict[str, Look]) -> None:
    """Add a legend below all panels with the name and line of each stack."""
    names = frame[["stack", "title"]].drop_duplicates("stack")
    lines = [
        Line2D(
            [], [], color=look[stack].hue, linestyle=look[stack].line, linewidth=1.5, label=title
        )
        for stack, title in zip(names["stack"], names["title"], strict=True)
    ]
    longest = max(map(len, names["title"]), default=1)
    columns = max(1, min(6, 100 // (longest + 8)))
    legend = figure.legend(
        handles=lines,
        loc="outside lower left",
        ncols=columns,
        frameon=False,
        fontsize=7,
        handlelength=2.4,
    )
    for text, stack in zip(legend.get_texts(), names["stack"], strict=True):
        text.set_color(look[stack].ink)


def grid_shape(names: Sequence[object], columns: int = 2) -> tuple[int, int]:
    """Return the number of rows and columns for that many panels."""
    columns = max(1, min(columns, len(names)))
    return max(1, -(-len(names) // columns)), columns


def hide_unused(axes: Iterable[Axes]) -> None:
    """Hide unused axes of a grid."""
    for each in axes:
        each.set_axis_off()


def mark_interval(axes: Axes, low: float, high: float, y: float, look: Look) -> None:
    """Draw a horizontal 95 % interval; nothing if there is none."""
    if np.isfinite(low) and np.isfinite(high):
        axes.plot([low, high], [y, y], color=look.hue, linewidth=1.6, solid_capstyle="butt")


def mark_value(
    axes: Axes, x: float, y: float, look: Look, size: float = 6, suspect: bool = False
) -> None:
    """Draw a stack's value; `suspect` if it includes suspect trials."""
    if suspect:
        ring([x], [y], axes, size)
    axes.plot(
        [x],
        [y],
        marker=look.marker,
        markersize=size,
        color=look.hue,
        markerfacecolor=look.face,
        markeredgewidth=1.3,
        linestyle="none",
    )


def ring(x: Sequence[float], y: Sequence[float], axes: Axes, size: float = 6) -> None:
    """Draw rings around values that include suspect trials."""
    axes.plot(
        x,
        y,
        marker="o",
        markersize=size + 4,
        markerfacecolor="none",
        markeredgecolor=SUSPECT,
        markeredgewidth=1.2,
        linestyle="none",
    )


def stack_axis(axes: Axes, frame: pd.DataFrame, look: dict[str, Look]) -> list[float]:
    """Label the rows of a panel with the stacks, the first on top, and return their heights."""
    heights = [float(len(frame) - 1 - row) for row in range(len(frame))]
    axes.set_yticks(heights, frame["title"].tolist())
    for label, stack in zip(axes.get_yticklabels(), frame["stack"], strict=True):
        label.set_color(look[stack].ink)
    axes.set_ylim(-0.6, len(frame) - 0.4)
    axes.grid(visible=False, axis="y")
    return heights


def space_labels(heights: Sequence[float], gap: float) -> list[float]:
    """Return label positions near `heights` (0 to 1) in the same order, at least `gap` apart.

    They stay within 0 to 1 as far as they fit.
    """
    order = np.argsort(heights, kind="stable")
    placed = np.array(heights, dtype=float)[order]
    for _ in range(200):
        gaps = np.diff(placed)
        if len(gaps) == 0 or gaps.min() >= gap * 0.999:
            break
        for index in np.flatnonzero(gaps < gap):
            push = (gap - (placed[index + 1] - placed[index])) / 2
            placed[index] -= max(push, 0)
            placed[index + 1] += max(push, 0)
    if len(placed):
        placed -= max(placed[-1] - 1, 0)
        placed += max(-placed[0], 0)
    result = np.empty(len(placed))
    result[order] = placed
    return [float(each) for each in result]


def label_lines(
    axes: Axes, last: pd.DataFrame, column: str, look: dict[str, Look], gap: float = 0.1
) -> None:
    """Write the stacks' names to the right of lines on a log scale.

    Each name is at the height of the stack's `last` value in `column`; names that overlap are
    pushed apart.
    """
    low, high = np.log(axes.get_ylim())
    heights = [float((np.log(value) - low) / (high - low)) for value in last[column]]
    names = zip(space_labels(heights, gap), last["stack"], last["title"], strict=True)
    for height, stack, title in names:
        axes.annotate(
            title,
            (1.0, height),
            xycoords="axes fraction",
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            color=look[stack].ink,
            fontsize=7,
        )


def plain_log(axes: Axes, which: str, subs: Sequence[float] = (1, 2, 5)) -> None:
    """Label a log axis with plain numbers at 1, 2 and 5 of each decade, or at other `subs`.

    If that gives too many ticks, only decades are labelled.
    """
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(_DecadesAtLeast(subs=subs))
    axis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:,g}"))
    axis.set_minor_locator(mpl.ticker.NullLocator())


class _DecadesAtLeast(mpl.ticker.LogLocator):
    """LogLocator that never leaves an axis of many decades without ticks."""

    def tick_values(self, vmin: float, vmax: float) -> Any:
        ticks = super().tick_values(vmin, vmax)
        return ticks if len(ticks) else mpl.ticker.LogLocator().tick_values(vmin, vmax)
