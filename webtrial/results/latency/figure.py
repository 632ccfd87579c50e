"""Draw response times: percentiles against load, whole distributions, and their tails."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from webtrial.results.base.display import Drawing, Shown, absent, together
from webtrial.results.base.figure_style import (
    GREY,
    Look,
    grid_of,
    hide_unused,
    key_of_lines,
    looks,
    name_lines,
    panels,
    place_of,
    plain_log,
    ring,
    styled,
)
from webtrial.results.base.figure_text import FigureText
from webtrial.results.base.formatting import humanize
from webtrial.results.base.main_loads import everywhere, left_out_everywhere, trials_of
from webtrial.results.base.result import Shows
from webtrial.results.explorer.estimate import places
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
from webtrial.stats.trials import left_out

_UNITS = {
    "users": "users (closed loop)",
    "rate": "arrivals/s (open)",
    "share": "% of the pilot's rate (open)",
}


@styled
def draw_against_load(percentiles: pd.DataFrame, words: FigureText) -> Drawing:
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
    figure, axes = panels(*shape, words.title, height_in, sharey="row", width_ratios=widths)
    for row, name in zip(axes, scenarios, strict=True):
        of_scenario = percentiles[percentiles["scenario"] == name]
        parts = [of_scenario[of_scenario["scale"] == scale] for scale in scales]
        row[0].set_title(humanize(name))
        _row(row, parts, look)
    for panel, scale in zip(axes[-1], scales, strict=True):
        panel.set_xlabel(_UNITS[scale])
    return Drawing(figure, *words, percentiles)


def _row(row: Sequence[Axes], parts: Sequence[pd.DataFrame], look: dict[str, Look]) -> None:
    for panel, part in zip(row, parts, strict=True):
        _loads(panel, part, look)
    row[0].set_ylabel("response time (ms)")
    # Only after all panels have set the common scale:
    medians = pd.concat(list(parts)).query("percentile == 50").dropna(subset=["latency_ms"])
    name_lines(row[-1], medians.drop_duplicates("stack", keep="last"), "latency_ms", look)


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
        places = [sizes.index(size) + offset for size in rows["size"]]
        _stack(axes, rows.assign(place=places), look[stack])


def _stack(axes: Axes, rows: pd.DataFrame, look: Look) -> None:
    medians = rows[rows["percentile"] == 50]
    suspect = medians[medians["suspect_blocks"] > 0]
    ring(suspect["place"].tolist(), suspect["latency_ms"].tolist(), axes, 4.5)
    axes.plot(
        medians["place"],
        medians["latency_ms"],
        color=look.hue,
        linestyle=look.line,
        linewidth=1,
        marker=look.marker,
        markerfacecolor=look.face,
        markersize=4.5,
    )
    axes.vlines(
        medians["place"], medians["low"], medians["high"], color=look.hue, linewidth=2.6, alpha=0.35
    )
    above = rows[rows["percentile"].isin([90, 99])].dropna(subset=["latency_ms"])
    axes.plot(
        above["place"],
        above["latency_ms"],
        color=look.hue,
        marker="_",
        markersize=6,
        linestyle="none",
        markeredgewidth=1.2,
    )
    tails = above[above["percentile"] >= NEEDS_INTERVAL]
    axes.vlines(
        tails["place"], tails["low"], tails["high"], color=look.hue, linewidth=2.6, alpha=0.35
    )
    for _, group in rows.dropna(subset=["latency_ms"]).groupby("place"):
        axes.vlines(
            float(group["place"].iloc[0]),
            group["latency_ms"].min(),
            group["latency_ms"].max(),
            color=look.hue,
            linewidth=0.8,
        )


@styled
def draw_distribution(curves: pd.DataFrame, words: FigureText) -> Drawing:
    """Draw `distribution` as the share answered within a time, a panel per scenario.

    This is the empirical distribution.
    """
    look = looks(curves)
    figure, axes = _grid(curves, words, 2.2)
    for panel, part in axes:
        _plot(
            panel, part.assign(share=100 * (1 - part["share_slower"])), "latency_ms", "share", look
        )
        panel.set_xscale("log")
        plain_log(panel, "x")
        panel.set_ylim(0, 101)
        panel.set_yticks([0, 25, 50, 75, 90, 100])
        panel.set(xlabel="response time (ms)", ylabel="requests answered (%)")
    key_of_lines(figure, curves, look)
    return Drawing(figure, *words, curves)


@styled
def draw_tail(curves: pd.DataFrame, percentiles: pd.DataFrame, words: FigureText) -> Drawing:
    """Draw `distribution` as percentile curves with a stretched tail.

    They show the response time that a share of the requests do not exceed. `latency_against_load`
    of the same cells is drawn on top, with intervals.
    """
    look = looks(curves)
    figure, axes = _grid(curves, words, 2.2)
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
        panel.set(xlabel="share of the requests", ylabel="are answered within (ms)")
        name_lines(panel, part.drop_duplicates("stack", keep="last"), "latency_ms", look)
    return Drawing(figure, *words, together(curve=curves, percentile=percentiles))


_FIRST = 0.5  # slower share at which tails begin: the median
_SHARES = (50, 90, 99, 99.9, 99.99)


def _grid(
    curves: pd.DataFrame, words: FigureText, height_in: float
) -> tuple[Figure, list[tuple[Axes, pd.DataFrame]]]:
    """Draw a panel with its curves for each scenario."""
    parts = [part for _, part in curves.groupby("scenario", sort=False)]
    rows, columns = grid_of(parts)
    figure, axes = panels(rows, columns, words.title, height_in * rows + 0.2)
    for panel, part in zip(axes.flat, parts, strict=False):
        panel.set_title(place_of(part["scenario"].iloc[0], part["load"].iloc[0]))
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


def against_load_figure(run: Run, percentiles: pd.DataFrame) -> Shown:
    """Draw `latency_against_load` of the stacks of every scenario.

    Only scenarios with more than one load are drawn, or all if none has more than one.
    """
    table = everywhere(run, percentiles)
    loads = table.groupby("scenario")["load"].transform("nunique")
    table = table[loads > 1] if (loads > 1).any() else table
    if table["latency_ms"].notna().sum() == 0:
        return absent(Latency.LACKS)
    trials = everywhere(run, trials_of(run, *table["scenario"].unique()))
    invalid = left_out(trials[trials["load_kind"] != "persistent"])
    said = against_load_figure_text(table, invalid)
    return draw_against_load(table, said)


def distribution_figure(run: Run, kind: str) -> Shown:
    """Draw the share of requests answered within a time.

    Each scenario is shown at its main load of that kind.
    """
    curves = _curves(run, kind)
    if curves.empty:
        return absent(f"no {kind} load that counts")
    said = distribution_figure_text(curves, left_out_everywhere(run, kind))
    return draw_distribution(curves, said)


def tail_figure(run: Run, kind: str) -> Shown:
    """Draw the slow half of the requests, percentile by percentile.

    Each scenario is shown at its main load of that kind.
    """
    curves = _curves(run, kind)
    if curves.empty:
        return absent(f"no {kind} load that counts")
    stacks = run.manifest.parameters.stacks
    parts = [
        latency_against_load(run, (50, 90, 99), [scenario], load, stacks)
        for scenario, load in _main_places(run, kind)
    ]
    percentiles = pd.concat(parts, ignore_index=True)
    said = tail_figure_text(curves, percentiles, left_out_everywhere(run, kind))
    return draw_tail(curves, percentiles, said)


def _curves(run: Run, kind: str) -> pd.DataFrame:
    """Return `distribution` of the stacks of every scenario, at its main load of that kind."""
    stacks = run.manifest.parameters.stacks
    parts = [
        distribution(run, load, [scenario], stacks) for scenario, load in _main_places(run, kind)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _main_places(run: Run, kind: str) -> list[tuple[str, str]]:
    """Return each scenario with its main load of that kind.

    Scenarios without a trial that counts, of a stack of every scenario, are left out.
    """
    there = at_main_load(everywhere(run, places(run)), kind)
    cells = there[["scenario", "load"]].drop_duplicates()
    return [(str(scenario), str(load)) for scenario, load in cells.to_numpy()]


FIGURES: Shows = {
    "against_load": lambda found: against_load_figure(found.run, found.data),
    "distribution": lambda found, kind="closed": distribution_figure(found.run, kind),
    "tail": lambda found, kind="open": tail_figure(found.run, kind),
    "over_time": lambda found, *place: over_time_figure(found.run, *place),
    "typical_trial": lambda found: typical_trial_figure(found.run),
    "trial": lambda found, number, attempt=1: trial_figure(found.run, number, attempt),
}
