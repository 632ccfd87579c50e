"""Draw response times: percentiles against load, whole distributions, and their tails."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from webtrial.results.base.display import Drawing, FigureOrNote, concat_frames, nothing_to_draw
from webtrial.results.base.figure_style import (
    GREY,
    Look,
    add_line_legend,
    cell_title,
    grid_shape,
    hide_unused,
    label_lines,
    looks,
    panels,
    plain_log,
    ring,
    styled,
)
from webtrial.results.base.figure_text import FigureText
from webtrial.results.base.formatting import humanize
from webtrial.results.base.main_loads import (
    common_stacks,
    count_invalid_of_common_stacks,
    trials_of,
)
from webtrial.results.base.result import Renderers
from webtrial.results.explorer.estimate import measured_cells
from webtrial.results.latency import Latency
from webtrial.results.latency.estimate import distribution, latency_against_load
from webtrial.results.latency.over_time_figure import over_time_figure
from webtrial.results.latency.text import (
    against_load_figure_text,
    distribution_figure_text,
    tail_figure_text,
)
from webtrial.results.latency.timeline_figure import trial_figure, typical_trial_figure
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.histogram import NEEDS_INTERVAL
from webtrial.stats.trials import count_invalid

_UNITS = {
    "users": "users (closed loop)",
    "rate": "arrivals/s (open)",
    "share": "% of the pilot's rate (open)",
}


@styled
def draw_against_load(percentiles: pd.DataFrame, text: FigureText) -> Drawing:
    """Draw `latency_against_load`: a row of panels per scenario, a column for each scale of loads.

    Each stack extends from its median (large mark) up to its 90th and 99th percentile (horizontal
    bars), with the intervals of the median and the 99th. Medians of a sweep are joined. Names apply
    to the whole row.
    """
    look = looks(percentiles)
    scenarios = percentiles["scenario"].unique().tolist()
    scales = [scale for scale in _UNITS if (percentiles["scale"] == scale).any()]
    loads = [percentiles.loc[percentiles["scale"] == scale, "size"].nunique() for scale in scales]
    height_in, widths = 1.75 * len(scenarios) + 0.3, [1 + count for count in loads]
    shape = (len(scenarios), len(scales))
    figure, axes = panels(*shape, text.title, height_in, sharey="row", width_ratios=widths)
    for row, name in zip(axes, scenarios, strict=True):
        of_scenario = percentiles[percentiles["scenario"] == name]
        parts = [of_scenario[of_scenario["scale"] == scale] for scale in scales]
        row[0].set_title(humanize(name))
        _row(row, parts, look)
    for panel, scale in zip(axes[-1], scales, strict=True):
        panel.set_xlabel(_UNITS[scale])
    return Drawing(figure, *text, percentiles)


def _row(row: Sequence[Axes], parts: Sequence[pd.DataFrame], look: dict[str, Look]) -> None:
    for panel, part in zip(row, parts, strict=True):
        _loads(panel, part, look)
    row[0].set_ylabel("response time (ms)")
    # Only after all panels have set the common scale:
    medians = pd.concat(list(parts)).query("percentile == 50").dropna(subset=["latency_ms"])
    label_lines(row[-1], medians.drop_duplicates("stack", keep="last"), "latency_ms", look)


def _loads(axes: Axes, part: pd.DataFrame, look: dict[str, Look]) -> None:
    axes.set_yscale("log")
    plain_log(axes, "y")
    if part.empty:
        axes.annotate("not measured", (0.5, 0.5), xycoords="axes fraction", ha="center", color=GREY)
        axes.set_xticks([])
        return
    sizes = sorted(part["size"].unique())
    axes.set_xticks(range(len(sizes)), [f"{size:,g}" for size in sizes])
    axes.set_xlim(-0.5, len(sizes) - 0.5)
    stacks = part["stack"].unique().tolist()
    offsets = np.linspace(-0.3, 0.3, len(stacks)) if len(stacks) > 1 else [0.0]
    for stack, offset in zip(stacks, offsets, strict=True):
        rows = part[part["stack"] == stack]
        x = [sizes.index(size) + offset for size in rows["size"]]
        _stack(axes, rows.assign(x=x), look[stack])


def _stack(axes: Axes, rows: pd.DataFrame, look: Look) -> None:
    medians = rows[rows["percentile"] == 50]
    suspect = medians[medians["suspect_blocks"] > 0]
    ring(suspect["x"].tolist(), suspect["latency_ms"].tolist(), axes, 4.5)
    axes.plot(
        medians["x"],
        medians["latency_ms"],
        color=look.hue,
        linestyle=look.line,
        linewidth=1,
        marker=look.marker,
        markerfacecolor=look.face,
        markersize=4.5,
    )
    axes.vlines(
        medians["x"], medians["low"], medians["high"], color=look.hue, linewidth=2.6, alpha=0.35
    )
    above = rows[rows["percentile"].isin([90, 99])].dropna(subset=["latency_ms"])
    axes.plot(
        above["x"],
        above["latency_ms"],
        color=look.hue,
        marker="_",
        markersize=6,
        linestyle="none",
        markeredgewidth=1.2,
    )
    tails = above[above["percentile"] >= NEEDS_INTERVAL]
    axes.vlines(tails["x"], tails["low"], tails["high"], color=look.hue, linewidth=2.6, alpha=0.35)
    for _, group in rows.dropna(subset=["latency_ms"]).groupby("x"):
        axes.vlines(
            float(group["x"].iloc[0]),
            group["latency_ms"].min(),
            group["latency_ms"].max(),
            color=look.hue,
            linewidth=0.8,
        )


@styled
def draw_distribution(curves: pd.DataFrame, text: FigureText) -> Drawing:
    """Draw `distribution` as the share of requests completed within a time, a panel per scenario.

    This is the empirical distribution.
    """
    look = looks(curves)
    figure, axes = _grid(curves, text, 2.2)
    for panel, part in axes:
        _plot(
            panel, part.assign(share=100 * (1 - part["share_slower"])), "latency_ms", "share", look
        )
        panel.set_xscale("log")
        plain_log(panel, "x")
        panel.set_ylim(0, 101)
        panel.set_yticks([0, 25, 50, 75, 90, 100])
        panel.set(xlabel="response time (ms)", ylabel="requests completed (%)")
    add_line_legend(figure, curves, look)
    return Drawing(figure, *text, curves)


@styled
def draw_tail(curves: pd.DataFrame, percentiles: pd.DataFrame, text: FigureText) -> Drawing:
    """Draw `distribution` as percentile curves with a stretched tail.

    They show the response time that a share of the requests do not exceed. `latency_against_load`
    of the same cells is drawn on top, with intervals.
    """
    look = looks(curves)
    figure, axes = _grid(curves, text, 2.2)
    for panel, part in axes:
        _plot(panel, part[part["share_slower"] <= _FIRST], "share_slower", "latency_ms", look)
        _marks(panel, percentiles[percentiles["scenario"] == part["scenario"].iloc[0]], look)
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_xlim(_FIRST, float(part["share_slower"].min()) / 1.15)
        panel.set_xticks(
            [1 - share / 100 for share in _SHARES if 1 - share / 100 >= panel.get_xlim()[1]]
        )
        panel.xaxis.set_major_formatter(lambda slower, _: f"{100 * (1 - slower):.4g} %")
        panel.xaxis.set_minor_locator(NullLocator())
        plain_log(panel, "y")
        panel.set(xlabel="share of requests", ylabel="completed within (ms)")
        label_lines(panel, part.drop_duplicates("stack", keep="last"), "latency_ms", look)
    return Drawing(figure, *text, concat_frames(curve=curves, percentile=percentiles))


_FIRST = 0.5  # slower share at which tails begin: the median
_SHARES = (50, 90, 99, 99.9, 99.99)


def _grid(
    curves: pd.DataFrame, text: FigureText, height_in: float
) -> tuple[Figure, list[tuple[Axes, pd.DataFrame]]]:
    """Draw a panel with its curves for each scenario."""
    parts = [part for _, part in curves.groupby("scenario", sort=False)]
    rows, columns = grid_shape(parts)
    figure, axes = panels(rows, columns, text.title, height_in * rows + 0.2)
    for panel, part in zip(axes.flat, parts, strict=False):
        panel.set_title(cell_title(part["scenario"].iloc[0], part["load"].iloc[0]))
    hide_unused(axes.flat[len(parts) :])
    return figure, list(zip(axes.flat, parts, strict=False))


def _plot(axes: Axes, part: pd.DataFrame, x: str, y: str, look: dict[str, Look]) -> None:
    sns.lineplot(
        part,
        x=x,
        y=y,
        hue="stack",
        style="stack",
        palette={stack: each.hue for stack, each in look.items()},
        dashes={stack: each.dashes for stack, each in look.items()},
        linewidth=1.3,
        estimator=None,
        sort=False,
        legend=False,
        ax=axes,
    )


def _marks(axes: Axes, percentiles: pd.DataFrame, look: dict[str, Look]) -> None:
    for stack, part in percentiles.dropna(subset=["latency_ms"]).groupby("stack", sort=False):
        style, shares = look[str(stack)], 1 - part["percentile"] / 100
        axes.vlines(shares, part["low"], part["high"], color=style.hue, linewidth=3, alpha=0.35)
        axes.plot(
            shares,
            part["latency_ms"],
            color=style.hue,
            marker=style.marker,
            markerfacecolor=style.face,
            markersize=4,
            linestyle="none",
        )


def against_load_figure(run: Run, percentiles: pd.DataFrame) -> FigureOrNote:
    """Draw `latency_against_load` of the stacks of every scenario.

    Only scenarios with more than one load are drawn, or all if none has more than one.
    """
    table = common_stacks(run, percentiles)
    loads = table.groupby("scenario")["load"].transform("nunique")
    table = table[loads > 1] if (loads > 1).any() else table
    if table["latency_ms"].notna().sum() == 0:
        return nothing_to_draw(Latency.MISSING_DATA)
    trials = common_stacks(run, trials_of(run, *table["scenario"].unique()))
    invalid = count_invalid(trials[trials["load_kind"] != "persistent"])
    return draw_against_load(table, against_load_figure_text(table, invalid))


def distribution_figure(run: Run, kind: str) -> FigureOrNote:
    """Draw the share of requests completed within a time.

    Each scenario is shown at its main load of that kind.
    """
    curves = _curves(run, kind)
    if curves.empty:
        return nothing_to_draw(f"no usable {kind}-loop trial")
    text = distribution_figure_text(curves, count_invalid_of_common_stacks(run, kind))
    return draw_distribution(curves, text)


def tail_figure(run: Run, kind: str) -> FigureOrNote:
    """Draw the slow half of the requests, percentile by percentile.

    Each scenario is shown at its main load of that kind.
    """
    curves = _curves(run, kind)
    if curves.empty:
        return nothing_to_draw(f"no usable {kind}-loop trial")
    stacks = run.manifest.parameters.stacks
    parts = [
        latency_against_load(run, (50, 90, 99), [scenario], load, stacks)
        for scenario, load in _main_cells(run, kind)
    ]
    percentiles = pd.concat(parts, ignore_index=True)
    text = tail_figure_text(curves, percentiles, count_invalid_of_common_stacks(run, kind))
    return draw_tail(curves, percentiles, text)


def _curves(run: Run, kind: str) -> pd.DataFrame:
    """Return `distribution` of the stacks of every scenario, at its main load of that kind."""
    stacks = run.manifest.parameters.stacks
    parts = [
        distribution(run, load, [scenario], stacks) for scenario, load in _main_cells(run, kind)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _main_cells(run: Run, kind: str) -> list[tuple[str, str]]:
    """Return each scenario with its main load of that kind.

    Scenarios without a usable trial of the common stacks are omitted.
    """
    rows = at_main_load(common_stacks(run, measured_cells(run)), kind)
    cells = rows[["scenario", "load"]].drop_duplicates()
    return [(str(scenario), str(load)) for scenario, load in cells.to_numpy()]


FIGURES: Renderers = {
    "against_load": lambda result: against_load_figure(result.run, result.data),
    "distribution": lambda result, kind="closed": distribution_figure(result.run, kind),
    "tail": lambda result, kind="open": tail_figure(result.run, kind),
    "over_time": lambda result, *place: over_time_figure(result.run, *place),
    "typical_trial": lambda result: typical_trial_figure(result.run),
    "trial": lambda result, number, attempt=1: trial_figure(result.run, number, attempt),
}
