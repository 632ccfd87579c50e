"""Draw a selection."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from webtrial.results.base.display import FigureOrNote, nothing_to_draw
from webtrial.results.explorer.estimate import (
    Selection,
    blocks_of,
    invalid_trials_of,
    ratios_to_first,
)
from webtrial.results.explorer.text import values_figure_text
from webtrial.results.latency import figure as latency
from webtrial.results.latency import over_time_figure as over_time
from webtrial.results.latency.estimate import distribution, latency_against_load
from webtrial.results.latency.over_time import over_time as over_time_of
from webtrial.results.latency.text import (
    against_load_figure_text,
    distribution_figure_text,
    over_time_figure_text,
    tail_figure_text,
)
from webtrial.results.throughput import figure as throughput
from webtrial.results.throughput import ratios_figure as ratios
from webtrial.results.throughput.text import ratios_figure_text
from webtrial.run.store import Run
from webtrial.stats.pairs import title_of


def values_figure(run: Run, chosen: Selection, table: pd.DataFrame) -> FigureOrNote:
    """Draw `selected`, with its blocks."""
    if table["value"].notna().sum() == 0:
        return nothing_to_draw(f"too few requests for {chosen.statistic} here")
    text = values_figure_text(table, chosen)
    return throughput.draw(table, blocks_of(run, chosen), text, chosen.statistic)


def ratios_to_first_figure(run: Run, chosen: Selection, _: pd.DataFrame) -> FigureOrNote:
    """Draw `ratios_to_first`."""
    table = ratios_to_first(run, chosen)
    if table["ratio"].notna().sum() == 0:
        return nothing_to_draw("no second stack here to compare with the first")
    table = table.assign(kind=f"over {title_of(chosen.stacks[0], run.manifest.stacks)}")
    return ratios.draw(table, ratios_figure_text(table, invalid_trials_of(run, chosen)))


def distribution_figure(run: Run, chosen: Selection, _: pd.DataFrame) -> FigureOrNote:
    """Draw `distribution` of the selection."""
    curves = distribution(run, chosen.load, [chosen.scenario], chosen.stacks)
    if curves.empty:
        return nothing_to_draw("no request here")
    text = distribution_figure_text(curves, invalid_trials_of(run, chosen))
    return latency.draw_distribution(curves, text)


def tail_figure(run: Run, chosen: Selection, _: pd.DataFrame) -> FigureOrNote:
    """Draw `distribution` of the selection with its percentiles and a stretched slow half."""
    curves = distribution(run, chosen.load, [chosen.scenario], chosen.stacks)
    if curves.empty:
        return nothing_to_draw("no request here")
    selection = ([chosen.scenario], chosen.load, chosen.stacks)
    percentiles = latency_against_load(run, (50, 90, 99), *selection)
    text = tail_figure_text(curves, percentiles, invalid_trials_of(run, chosen))
    return latency.draw_tail(curves, percentiles, text)


def against_load_figure(run: Run, chosen: Selection, _: pd.DataFrame) -> FigureOrNote:
    """Draw `latency_against_load` of the selected stacks, at every load of their scenario."""
    table = latency_against_load(run, (50, 90, 99), [chosen.scenario], stacks=chosen.stacks)
    if table["latency_ms"].notna().sum() == 0:
        return nothing_to_draw("too few requests for a median here")
    loads = [replace(chosen, load=str(load)) for load in table["load"].unique()]
    text = against_load_figure_text(table, sum(invalid_trials_of(run, each) for each in loads))
    return latency.draw_against_load(table, text)


def over_time_figure(run: Run, chosen: Selection, _: pd.DataFrame) -> FigureOrNote:
    """Draw `over_time` of the selection."""
    result = over_time_of(run, chosen.scenario, chosen.load, chosen.stacks)
    if result.cells.empty:
        return nothing_to_draw("no response here")
    return over_time.draw(result, over_time_figure_text(result))


FIGURES: dict[str, Callable[[Run, Selection, pd.DataFrame], FigureOrNote]] = {
    "values with intervals": values_figure,
    "ratios to the first": ratios_to_first_figure,
    "distribution": distribution_figure,
    "percentiles to the tail": tail_figure,
    "response times against load": against_load_figure,
    "over time": over_time_figure,
}
"""The figures that can be drawn of a selection, by name in the menu."""
