"""Requests per second and ratios as figures."""

import pandas as pd

from webtrial.results.base.display import Shown, absent
from webtrial.results.base.main_loads import everywhere, with_more
from webtrial.results.base.ratio_labels import labelled_ratios
from webtrial.results.throughput import figure as throughput
from webtrial.results.throughput import ratios_figure as ratios
from webtrial.results.throughput.text import ratios_figure_text, throughput_figure_text
from webtrial.results.validity.gates import left_out
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load, block_values, throughput_table
from webtrial.stats.trials import trials_table


def draw_throughput(run: Run, compared: pd.DataFrame) -> Shown:
    """Requests per second of the stacks that every scenario has, at its main closed load;
    `compared` is `ratio_table`."""
    return _throughput(run, everywhere(run, at_main_load(throughput_table(run))), compared)


def draw_throughput_of_all(run: Run, compared: pd.DataFrame) -> list[Shown]:
    """The same of all stacks that have a database, a figure for each scenario that has many more of
    them; none where no scenario has."""
    table = at_main_load(throughput_table(run))
    stacks = run.manifest.stacks
    asking = [name for name in stacks if stacks[name].get("data_access") != "none"]
    shown = table[table["stack"].isin(asking)]
    return [_throughput(run, rows, compared) for rows in with_more(run, shown)]


def _throughput(run: Run, table: pd.DataFrame, compared: pd.DataFrame) -> Shown:
    if table.empty:
        return absent("no closed load")
    blocks = block_values(run, "throughput_per_s")
    return throughput.draw(table, blocks, throughput_figure_text(table, compared))


def draw_ratios(run: Run, compared: pd.DataFrame, metric: str = "throughput") -> Shown:
    """Paired ratios of one metric at each scenario's main closed load."""
    table = labelled_ratios(run, at_main_load(compared), metric)
    if table["ratio"].notna().sum() == 0:
        return absent("no two stacks that can be compared")
    invalid = left_out(at_main_load(trials_table(run)))
    return ratios.draw(table, ratios_figure_text(table, invalid))
