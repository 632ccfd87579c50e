"""Draw a sweep over users: throughput and response times."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from webtrial.results.base.display import Drawing, Drawings, FigureOrNote, nothing_to_draw
from webtrial.results.base.figure_style import (
    Look,
    label_lines,
    looks,
    panels,
    plain_log,
    ring,
    styled,
)
from webtrial.results.base.figure_text import FigureText
from webtrial.results.base.result import Renderers
from webtrial.results.capacity.text import capacity_figure_text
from webtrial.run.store import Run
from webtrial.stats.trials import count_invalid, trials_table


@styled
def draw(sweep: pd.DataFrame, text: FigureText) -> Drawing:
    """Draw `estimate.sweep` of one scenario: throughput left, response times right."""
    look = looks(sweep)
    figure, axes = panels(1, 2, text.title, 2.7)
    for panel, name in zip(axes.flat, ("throughput", "p50"), strict=True):
        _panel(panel, sweep, name, look)
    axes[0, 0].set_ylabel("requests per second")
    axes[0, 1].set_ylabel("response time (ms)")
    last = sweep.sort_values("users").drop_duplicates("stack", keep="last")
    label_lines(axes[0, 1], last, "p50_ms", look)
    return Drawing(figure, *text, sweep)


_VALUES = {"throughput": "throughput_per_s", "p50": "p50_ms"}


def _panel(axes: Axes, sweep: pd.DataFrame, name: str, look: dict[str, Look]) -> None:
    users = sorted(sweep["users"].unique())
    axes.set_xscale("log")
    axes.set_yscale("log")
    for stack, part in sweep.groupby("stack", sort=False):
        _line(axes, part.sort_values("users"), name, look[str(stack)])
    plain_log(axes, "y")
    axes.set_xticks(users, [f"{each:,g}" for each in users])
    axes.minorticks_off()
    axes.set_xlabel("users")


def _line(axes: Axes, part: pd.DataFrame, name: str, look: Look) -> None:
    values = part[_VALUES[name]]
    suspect = part[part["suspect_blocks"] > 0]
    ring(suspect["users"].tolist(), suspect[_VALUES[name]].tolist(), axes, 4.5)
    axes.plot(
        part["users"],
        values,
        color=look.hue,
        linestyle=look.line,
        linewidth=1.1,
        marker=look.marker,
        markerfacecolor=look.face,
        markersize=4.5,
    )
    low, high = part[f"{name}_low"], part[f"{name}_high"]
    axes.vlines(part["users"], low, high, color=look.hue, linewidth=2.4, alpha=0.4)
    if name == "p50":
        axes.plot(part["users"], part["p90_ms"], color=look.hue, linewidth=0.6, linestyle=look.line)


def sweep_figures(run: Run, sweeps: Sequence[pd.DataFrame]) -> list[FigureOrNote]:
    """Draw throughput and response times against users, a figure for each of `sweeps`."""
    drawn: list[FigureOrNote] = [_capacity(run, each) for each in sweeps]
    return drawn or [nothing_to_draw("no scenario with more than one closed load")]


def _capacity(run: Run, sweep: pd.DataFrame) -> FigureOrNote:
    trials = trials_table(run)
    shown = (trials["scenario"] == sweep["scenario"].iloc[0]) & (trials["load_kind"] == "closed")
    return draw(sweep, capacity_figure_text(sweep, count_invalid(trials[shown])))


FIGURES: Renderers = {"sweeps": lambda result: Drawings(sweep_figures(result.run, result.sweeps))}
