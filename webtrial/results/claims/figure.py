"""Draw claimed and measured values, a row for each comparison."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from webtrial.results.base.display import Drawing, FigureOrNote, nothing_to_draw
from webtrial.results.base.figure_style import FAINT, GREY, INK, panels, plain_log, styled
from webtrial.results.base.figure_text import FigureText
from webtrial.results.base.result import Renderers
from webtrial.results.claims.evaluate import Verification
from webtrial.results.claims.references_figure import references_figure
from webtrial.results.claims.text import claims_figure_text, with_prefix
from webtrial.stats.frames import rows_of

ROW_IN = 0.24
WIDE, NARROW = (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8)
"""Ticks within a decade."""
_ENDS = ["claimed_low", "claimed_high", "value", "low", "high"]


@styled
def draw(parts: pd.DataFrame, text: FigureText) -> Drawing:
    """Draw rows of `Verification.parts` in one unit.

    A bar is the claim, a mark with its interval the measurement, hollow if the comparison is
    undecided.
    """
    figure, axes = panels(1, 1, text.title, ROW_IN * len(parts) + 0.5)
    panel = axes[0, 0]
    panel.set_xscale("log")
    low, high = _limits(parts)
    panel.set_xlim(low, high)
    plain_log(panel, "x", WIDE if high > 10 * low else NARROW)
    heights = range(len(parts) - 1, -1, -1)
    for height, row in zip(heights, rows_of(parts), strict=True):
        _claimed(panel, row, height)
        _measured(panel, row, height)
    panel.set_yticks(list(heights), parts["what"].tolist())
    panel.set_ylim(-0.7, len(parts) - 0.3)
    panel.grid(visible=False, axis="y")
    panel.set_xlabel(f"{parts['unit'].iloc[0]} (log scale)")
    return Drawing(figure, *text, parts)


def _limits(parts: pd.DataFrame) -> tuple[float, float]:
    """Return axis limits that include all claimed and measured values."""
    values = parts[_ENDS].to_numpy(dtype=float)
    positive = values[np.isfinite(values) & (values > 0)]
    return float(positive.min()) / 1.5, float(positive.max()) * 1.5


def _claimed(axes: Axes, row: dict[str, Any], height: float) -> None:
    left, right = axes.get_xlim()
    low, high = max(row["claimed_low"], left), min(row["claimed_high"], right)
    axes.barh(height, high - low, 0.62, low, color=FAINT, edgecolor=GREY, linewidth=0.6)


def _measured(axes: Axes, row: dict[str, Any], height: float) -> None:
    right = row["high"] if np.isfinite(row["high"]) else axes.get_xlim()[1]
    if np.isfinite(row["low"]):
        axes.plot([row["low"], right], [height] * 2, color=INK, linewidth=1.6)
    decided = row["direction"] is not None and row["size"] is not None
    axes.plot(
        [row["value"]],
        [height],
        marker="o",
        markersize=5.5,
        color=INK,
        markerfacecolor=INK if decided else "white",
        linestyle="none",
    )


def verdicts_figure(judged: Verification, *prefixes: str) -> FigureOrNote:
    """Draw the comparisons behind the claims whose ids start with `prefixes`, all in one unit."""
    parts = with_prefix(judged.parts, prefixes)
    shown = parts[parts["value"].notna() | parts["high"].notna()]
    if shown.empty:
        return nothing_to_draw("no measurement for these claims")
    return draw(shown, claims_figure_text(shown))


FIGURES: Renderers = {
    "verdicts": lambda result, *prefixes: verdicts_figure(result.judged, *prefixes),
    "references": lambda result: references_figure(result.references),
}
