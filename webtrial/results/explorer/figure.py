"""Draw a selection."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from webtrial.results.base.display import Shown, absent
from webtrial.results.explorer.estimate import Selection, blocks_of, left_out_of, ratios_to_first
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


def values_figure(run: Run, chosen: Selection, table: pd.DataFrame) -> Shown:
    """Draw `selected`, with its blocks."""
    if table["value"].notna().sum() == 0:
        return absent(f"too few requests for {chosen.statistic} here")
    said = values_figure_text(table, chosen)
    return throughput.draw(table, blocks_of(run, chosen), said, chosen.statistic)


def ratios_to_first_figure(run: Run, chosen: Selection, _: pd.DataFrame) -> Shown:
    """Draw `ratios_to_first`."""
    table = ratios_to_first(run, chosen)
    if table["ratio"].notna().sum() == 0:
        return absent("no second stack here to compare the first with")
    table = table.assign(kind=f"over {title_of(chosen.stacks[0], run.manifest.stacks)}")
    return ratios.draw(table, ratios_figure_text(table, left_out_of(run, chosen)))


def distribution_of_figure(run: Run, chosen: Selection, _: pd.DataFrame) -> Shown:
    """Draw `distribution` of the selection."""
    curves = distribution(run, chosen.load, [chosen.scenario], chosen.stacks)
    if curves.empty:
        return absent("no request here")
    said = distribution_figure_text(curves, left_out_of(run, chosen))
    return latency.draw_distribution(curves, said)


def tail_of_figure(run: Run, chosen: Selection, _: pd.DataFrame) -> Shown:
    """Draw `distribution` of the selection with its percentiles and a stretched slow half."""
    curves = distribution(run, chosen.load, [chosen.scenario], chosen.stacks)
    if curves.empty:
        return absent("no request here")
    where = ([chosen.scenario], chosen.load, chosen.stacks)
    percentiles = latency_against_load(run, (50, 90, 99), *where)
    said = tail_figure_text(curves, percentiles, left_out_of(run, chosen))
    return latency.draw_tail(curves, percentiles, said)


def against_load_of_figure(run: Run, chosen: Selection, _: pd.DataFrame) -> Shown:
    """Draw `latency_against_load` of the selected stacks, at every load of their scenario."""
    table = latency_against_load(run, (50, 90, 99), [chosen.scenario], stacks=chosen.stacks)
    if table["latency_ms"].notna().sum() == 0:
        return absent("too few requests for a median here")
    loads = [replace(chosen, load=str(load)) for load in table["load"].unique()]
    said = against_load_figure_text(table, sum(left_out_of(run, each) for each in loads))
    return latency.draw_against_load(table, said)


def over_time_of_figure(run: Run, chosen: Selection, _: pd.DataFrame) -> Shown:
    """Draw `over_time` of the selection."""
    found = over_time_of(run, chosen.scenario, chosen.load, chosen.stacks)
    if found.cells.empty:
        return absent("no answer here")
    return over_time.draw(found, over_time_figure_text(found))


FIGURES: dict[str, Callable[[Run, Selection, pd.DataFrame], Shown]] = {
    "values with intervals": values_figure,
    "ratios to the first": ratios_to_first_figure,
    "distribution": distribution_of_figure,
    "percentiles to the tail": tail_of_figure,
    "response times against load": against_load_of_figure,
    "over time": over_time_of_figure,
}
"""The figures that can be drawn of a selection, by name in the menu."""
