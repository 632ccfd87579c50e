"""Response times: percentiles against load, and the share of requests that took longer."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from webtrial.analyse.captions import Words
from webtrial.analyse.figures.style import (
    GREY,
    Look,
    grid_of,
    hide_unused,
    looks,
    name_lines,
    panels,
    plain_log,
    ring,
    styled,
)
from webtrial.analyse.frames import rows_of
from webtrial.analyse.show import Drawing

_UNITS = {
    "users": "users, closed loop",
    "rate": "arrivals per second, open loop",
    "share": "share of own capacity (%), open loop",
}


@styled
def against_load(percentiles: pd.DataFrame, words: Words) -> Drawing:
    """`latency_against_load`, a column for each scale that loads are counted on: from each
    stack's median (large mark) upwards to its 90th and 99th percentile (bars across), with the
    median's interval; medians of a sweep are joined. Names at the right are for the whole row."""
    look = looks(percentiles)
    scenarios = percentiles["scenario"].unique().tolist()
    scales = [scale for scale in _UNITS if (percentiles["scale"] == scale).any()]
    height_in = 1.9 * len(scenarios)
    figure, axes = panels(len(scenarios), len(scales), words.title, height_in, sharey="row")
    for row, name in zip(axes, scenarios, strict=True):
        of_scenario = percentiles[percentiles["scenario"] == name]
        parts = [of_scenario[of_scenario["scale"] == scale] for scale in scales]
        row[0].set_title(name)
        _row(row, parts, look)
    for panel, scale in zip(axes[-1], scales, strict=True):
        panel.set_xlabel(_UNITS[scale])
    return Drawing(figure, words.title, words.alt, words.caption)


def _row(row: Sequence[Axes], parts: Sequence[pd.DataFrame], look: dict[str, Look]) -> None:
    for panel, part in zip(row, parts, strict=True):
        _loads(panel, part, look)
    row[0].set_ylabel("response time (ms)")
    # Once every panel has had its say on the common scale:
    told = [(panel, part) for panel, part in zip(row, parts, strict=True) if len(part)]
    _name_last(*told[-1], look)


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
    for _, group in rows.dropna(subset=["latency_ms"]).groupby("place"):
        axes.vlines(
            float(group["place"].iloc[0]),
            group["latency_ms"].min(),
            group["latency_ms"].max(),
            color=look.hue,
            linewidth=0.8,
        )


def _name_last(axes: Axes, part: pd.DataFrame, look: dict[str, Look]) -> None:
    """Names at the right, each at the height of its last median, pushed apart where they meet."""
    medians = part[part["percentile"] == 50].dropna(subset=["latency_ms"])
    last = medians.sort_values("size").drop_duplicates("stack", keep="last")
    name_lines(axes, last, "latency_ms", look)


@styled
def distribution(curves: pd.DataFrame, words: Words) -> Drawing:
    """`distribution`: for each response time the share of requests that took longer, both on log
    scales, so that the slow tail is as visible as the middle."""
    look = looks(curves)
    scenarios = curves["scenario"].unique().tolist()
    rows, columns = grid_of(scenarios)
    figure, axes = panels(rows, columns, words.title, 2.5 * rows)
    for panel, name in zip(axes.flat, scenarios, strict=False):
        _curves(panel, curves[curves["scenario"] == name], look)
    hide_unused(axes.flat[len(scenarios) :])
    return Drawing(figure, words.title, words.alt, words.caption)


def _curves(axes: Axes, part: pd.DataFrame, look: dict[str, Look]) -> None:
    axes.set_title(f"{part['scenario'].iloc[0]}, {part['load'].iloc[0]}")
    axes.set_xscale("log")
    axes.set_yscale("log")
    sns.lineplot(
        part,
        x="latency_ms",
        y="share_slower",
        hue="stack",
        style="stack",
        palette={stack: each.hue for stack, each in look.items()},
        dashes={stack: each.dashes for stack, each in look.items()},
        linewidth=1.3,
        estimator=None,
        legend=False,
        ax=axes,
    )
    axes.set(xlabel="response time (ms)", ylabel="share that took longer")
    plain_log(axes, "x")
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    axes.margins(x=0.08, y=0.06)
    _name_curves(axes, part, look)


def _name_curves(axes: Axes, part: pd.DataFrame, look: dict[str, Look]) -> None:
    """Names with a piece of their line where the curves are not, the slowest at the bottom."""
    last = part.sort_values("latency_ms").drop_duplicates("stack", keep="last")
    for place, row in enumerate(rows_of(last[::-1])):
        style, height = look[row["stack"]], 0.06 + 0.075 * place
        axes.plot(
            [0.03, 0.10],
            [height, height],
            transform=axes.transAxes,
            color=style.hue,
            linestyle=style.line,
            linewidth=1.3,
        )
        axes.annotate(
            row["title"] + (" (suspect)" if row["suspect_blocks"] else ""),
            (0.12, height),
            xycoords="axes fraction",
            va="center",
            fontsize=7,
            color=style.ink,
        )
