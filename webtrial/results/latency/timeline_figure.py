"""Draw one trial over time."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from webtrial.errors import RunError
from webtrial.results.base.display import Drawing, FigureOrNote, concat_frames, nothing_to_draw
from webtrial.results.base.figure_style import (
    FAINT,
    GREY,
    INK,
    panels,
    plain_log,
    styled,
    thousands,
)
from webtrial.results.base.figure_text import FigureText
from webtrial.results.latency.text import timeline_figure_text
from webtrial.results.latency.timeline import Timeline, shown_trial
from webtrial.results.latency.timeline import timeline as timeline_of
from webtrial.run.store import Run
from webtrial.stats.frames import largest
from webtrial.stats.pairs import title_of

_CPU = {
    "service_cpu_fraction": ("service", "-", INK),
    "database_cpu_fraction": ("PostgreSQL", (0, (4, 1.5)), "#0072B2"),
    "upstreams_cpu_fraction": ("upstreams", (0, (1, 1)), "#D55E00"),
}


@styled
def draw(timeline: Timeline, text: FigureText) -> Drawing:
    """Draw `timeline`: requests as points, rates per bin, CPU per second.

    Times below 0 are warm-up.
    """
    figure, axes = panels(3, 1, text.title, 4.6, [2.2, 1.3, 1.1], sharex=True)
    points, rates, cpu = axes[:, 0]
    for each in (points, rates, cpu):
        each.axvspan(-timeline.trial.warmup_s, 0, color=FAINT, linewidth=0)
    _latencies(points, timeline)
    _rates(rates, timeline.bins)
    _cpu(cpu, timeline.resources, timeline.trial.window_s)
    cpu.set_xlabel("seconds from the start of the measured window (grey: warm-up)")
    cpu.set_xlim(-timeline.trial.warmup_s, timeline.trial.window_s)
    figure.align_ylabels([points, rates, cpu])
    data = concat_frames(request=timeline.requests, bin=timeline.bins, second=timeline.resources)
    return Drawing(figure, *text, data)


def _latencies(axes: Axes, timeline: Timeline) -> None:
    for ok, color, marker in ((True, "#0072B2", "."), (False, "#D55E00", "x")):
        part = timeline.requests[timeline.requests["ok"] == ok]
        axes.plot(part["t_s"], part["latency_ms"], marker, color=color, markersize=2.5, alpha=0.6)
    bins = timeline.bins.dropna(subset=["median_ms"])
    middle = bins["t_s"] + _width(timeline.bins) / 2
    axes.plot(middle, bins["median_ms"], color=INK, linewidth=1.4)
    axes.set_yscale("log")
    plain_log(axes, "y")
    axes.set_ylabel("response time (ms)")
    if len(bins):
        axes.annotate(
            "median",
            (middle.iloc[-1], bins["median_ms"].iloc[-1]),
            xytext=(-2, 4),
            textcoords="offset points",
            ha="right",
            fontsize=7,
            color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.8},
        )


def _rates(axes: Axes, bins: pd.DataFrame) -> None:
    for column, label, color, line in (
        ("sent_per_s", "sent", GREY, (0, (3, 1))),
        ("completed_per_s", "completed", INK, "-"),
    ):
        axes.step(
            bins["t_s"],
            bins[column],
            where="post",
            color=color,
            linestyle=line,
            linewidth=1.1,
            label=label,
        )
    axes.set_ylim(0, 1.25 * largest(bins, ["sent_per_s", "completed_per_s"]) + 1)
    thousands(axes, "y")
    axes.set_ylabel("requests/s")
    axes.legend(loc="upper right", ncols=2, frameon=False, fontsize=7, borderpad=0)


def _cpu(axes: Axes, resources: pd.DataFrame, window_s: float) -> None:
    for column, (label, line, color) in _CPU.items():
        values = resources[column].astype(float)
        axes.plot(
            resources["t_s"],
            values,
            color=color,
            linestyle=line,
            linewidth=1.1,
            marker="o",
            markersize=2.5,
            label=label,
        )
    highest = largest(resources, list(_CPU))
    axes.set_ylim(0, 1.35 * highest if np.isfinite(highest) and highest > 0 else 1)
    axes.set_ylabel("CPU (cores)")
    axes.legend(loc="upper right", ncols=3, frameon=False, fontsize=7, borderpad=0)


def _width(bins: pd.DataFrame) -> float:
    return float(bins["t_s"].iloc[1] - bins["t_s"].iloc[0]) if len(bins) > 1 else 0.0


def typical_trial_figure(run: Run) -> FigureOrNote:
    """Draw the timeline of the `shown_trial`."""
    try:
        number, attempt = shown_trial(run)
    except RunError:
        return nothing_to_draw("no usable trial of its first stack in its first scenario")
    return trial_figure(run, number, attempt)


def trial_figure(run: Run, number: int, attempt: int = 1) -> Drawing:
    """Draw one trial over time."""
    timeline = timeline_of(run, number, attempt)
    title = title_of(timeline.trial.planned.stack, run.manifest.stacks)
    return draw(timeline, timeline_figure_text(timeline, title))
