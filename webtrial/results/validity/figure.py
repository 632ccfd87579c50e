"""Draw the verdicts on the trials, and the machine over the run."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from webtrial.results.base.display import Drawing, FigureOrNote, nothing_to_draw
from webtrial.results.base.figure_style import FAINT, GREY, INK, SUSPECT, panels, styled
from webtrial.results.base.figure_text import FigureText
from webtrial.results.base.formatting import humanize
from webtrial.results.base.ratio_labels import labelled_ratios
from webtrial.results.base.result import Renderers
from webtrial.results.throughput import ratios_figure as ratios
from webtrial.results.throughput.text import noise_floor_figure_text
from webtrial.results.validity.text import machine_figure_text, reasons_figure_text
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import rows_of
from webtrial.stats.trials import count_invalid, trials_table

_COLORS = {"valid": "#0072B2", "suspect": SUSPECT, "invalid": GREY}
_MARKERS = {"suspect": "D", "invalid": "X"}
_MACHINE = {
    "stolen_fraction": "steal (%)",
    "foreign_cpu_fraction": "foreign CPU (%)",
    "speed_drift": "speed drift (%)",
    "speed": "speed (% of median)",
}


@styled
def reasons(table: pd.DataFrame, text: FigureText) -> Drawing:
    """Draw `validity_table`: attempts by verdict and reason.

    The full part of a bar shows attempts that count, the pale part those that were repeated.
    """
    figure, axes = panels(1, 1, text.title, 0.3 * len(table) + 0.6)
    panel = axes[0, 0]
    labels = [
        row["verdict"] + ("" if row["gate"] == "none" else f": {humanize(row['gate'])}")
        for row in rows_of(table)
    ]
    for height, row in enumerate(rows_of(table)):
        panel.barh(height, row["attempts"], 0.65, color=_COLORS[row["verdict"]], alpha=0.35)
        panel.barh(height, row["final"], 0.65, color=_COLORS[row["verdict"]])
        panel.annotate(
            str(row["attempts"]),
            (row["attempts"], height),
            xytext=(4, 0),
            va="center",
            textcoords="offset points",
            color=INK,
        )
    panel.set_yticks(range(len(table)), labels)
    panel.set_ylim(len(table) - 0.5, -0.5)
    panel.set_xlabel("attempts (an attempt with two reasons counts in both bars)")
    panel.grid(visible=False, axis="y")
    return Drawing(figure, *text, table)


@styled
def machine(table: pd.DataFrame, text: FigureText) -> Drawing:
    """Draw `machine_table`: the machine at each attempt in the order of measurement.

    Lines show the bounds above which a trial is repeated.
    """
    shown = [what for what in _MACHINE if (table["what"] == what).any()]
    figure, axes = panels(len(shown), 1, text.title, 1.05 * len(shown) + 0.3, sharex=True)
    for panel, what in zip(axes.flat, shown, strict=True):
        _draw_series(panel, table[table["what"] == what])
        panel.set_title(_MACHINE[what])
    axes.flat[-1].set_xlabel("attempt, in order of measurement")
    return Drawing(figure, *text, table)


def _draw_series(axes: Axes, table: pd.DataFrame) -> None:
    values = table.assign(percent=100 * table["value"])
    axes.plot(values["order"], values["percent"], color=_COLORS["valid"], linewidth=0.8)
    _mark_invalid(axes, values[values["verdict"] != "valid"])
    axes.set(xlabel="", ylabel="")
    bound = 100 * float(table["bound"].iloc[0])
    if np.isfinite(bound):
        axes.axhline(bound, color=INK, linewidth=0.8, linestyle=(0, (4, 2)))
        axes.axhspan(bound, max(bound * 1.3, 108 * table["value"].max()), color=FAINT, linewidth=0)
        axes.set_ylim(0, max(bound * 1.3, 108 * table["value"].max()))


def _mark_invalid(axes: Axes, values: pd.DataFrame) -> None:
    if values.empty:
        return
    sns.scatterplot(
        values,
        x="order",
        y="percent",
        hue="verdict",
        style="verdict",
        palette=_COLORS,
        markers=_MARKERS,
        s=16,
        legend=False,
        ax=axes,
    )


def noise_floor_figure(run: Run, floors: pd.DataFrame) -> FigureOrNote:
    """Draw `noise_floors` in requests per second, at each scenario's main closed load."""
    table = labelled_ratios(run, at_main_load(floors), "throughput")
    if table["ratio"].notna().sum() == 0:
        return nothing_to_draw("no stack measured against itself")
    repeats = trials_table(run).query("role == 'a/a'").assign(role="measure")
    text = noise_floor_figure_text(table, count_invalid(at_main_load(repeats)))
    return ratios.draw(table.assign(kind="stack over itself"), text)


def verdicts_figure(table: pd.DataFrame, verdicts: pd.DataFrame) -> Drawing:
    """Draw `validity_table`: attempts by verdict and reason."""
    return reasons(table, reasons_figure_text(verdicts, table))


def machine_figure(table: pd.DataFrame) -> Drawing:
    """Draw `machine_table`: the machine over the run."""
    return machine(table, machine_figure_text(table))


FIGURES: Renderers = {
    "verdicts": lambda result: verdicts_figure(result.data, result.verdicts),
    "machine": lambda result: machine_figure(result.machine),
    "noise_floor": lambda result: noise_floor_figure(result.run, result.noise_floors),
}
