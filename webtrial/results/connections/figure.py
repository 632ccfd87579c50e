"""Draw persistent connections: memory and response times against their number."""

import pandas as pd
from matplotlib.axes import Axes

from webtrial.results.base.display import Drawing, FigureOrNote, nothing_to_draw
from webtrial.results.base.figure_style import (
    GREY,
    INK,
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
from webtrial.results.connections import Connections
from webtrial.results.connections.text import connections_figure_text
from webtrial.run.store import Run
from webtrial.stats.frames import largest
from webtrial.stats.trials import count_invalid, trials_table


@styled
def draw(table: pd.DataFrame, p99_limit_ms: float, text: FigureText) -> Drawing:
    """Draw `connections` that all send requests: memory left, response times right."""
    look = looks(table)
    figure, axes = panels(1, 2, text.title, 2.7)
    memory, times = axes.flat
    times.set_yscale("log")
    times.axhline(p99_limit_ms, color=GREY, linewidth=0.9)
    times.annotate(
        f"limit of the 99th percentile: {p99_limit_ms:g} ms",
        (0.02, p99_limit_ms),
        xycoords=("axes fraction", "data"),
        xytext=(0, -3),
        textcoords="offset points",
        va="top",
        fontsize=6.5,
        color=INK,
    )
    for stack, part in table.groupby("stack", sort=False):
        style = look[str(stack)]
        _line(memory, part, "memory_mib", style)
        _line(times, part, "p50_ms", style)
        times.plot(part["connections"], part["p90_ms"], color=style.hue, linewidth=0.6)
        times.vlines(
            part["connections"],
            part["p50_low"],
            part["p50_high"],
            color=style.hue,
            linewidth=2.4,
            alpha=0.4,
        )
    memory.set_ylabel("memory of the service (MiB)")
    memory.set_ylim(0, 1.1 * largest(table, ["memory_mib"]))
    times.set_ylabel("response time (ms)")
    plain_log(times, "y")
    for panel in axes.flat:
        _name_connections(panel, sorted(table["connections"].unique()))
    known = table.dropna(subset=["p50_ms"])
    label_lines(times, known.drop_duplicates("stack", keep="last"), "p50_ms", look)
    return Drawing(figure, *text, table)


def _line(axes: Axes, part: pd.DataFrame, column: str, look: Look) -> None:
    suspect = part[part["suspect_blocks"] > 0]
    ring(suspect["connections"].tolist(), suspect[column].tolist(), axes, 4.5)
    axes.plot(
        part["connections"],
        part[column],
        color=look.hue,
        linestyle=look.line,
        linewidth=1.1,
        marker=look.marker,
        markerfacecolor=look.face,
        markersize=4.5,
    )
    not_held = part[part["holds"].eq(False)]
    axes.plot(not_held["connections"], not_held[column], "x", color=INK, markersize=8, linewidth=0)


def _name_connections(axes: Axes, numbers: list[int]) -> None:
    axes.set_xlim(min(numbers) / 1.3, max(numbers) * 1.3)  # there may be only one number
    axes.set_xscale("log")
    axes.set_xticks(numbers, [f"{each:,}" for each in numbers])
    axes.minorticks_off()
    axes.set_xlabel("connections")


def held_figure(run: Run, table: pd.DataFrame, p99_limit_ms: float) -> FigureOrNote:
    """Draw `connections`, without loads that have idle ones."""
    sending = table[table["idle"] == 0]
    if sending.empty:
        return nothing_to_draw(Connections.MISSING_DATA)
    trials = trials_table(run)
    invalid = count_invalid(trials[trials["load_kind"] == "persistent"])
    text = connections_figure_text(sending, p99_limit_ms, invalid, len(sending) < len(table))
    return draw(sending, p99_limit_ms, text)


FIGURES: Renderers = {
    "held": lambda result: held_figure(result.run, result.data, result.p99_limit_ms)
}
