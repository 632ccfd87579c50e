"""Migration as a figure."""

import pandas as pd

from webtrial.results.base.display import Shown, absent
from webtrial.results.migration import figure as migration
from webtrial.results.migration.estimate import migration_costs
from webtrial.results.migration.text import migration_figure_text
from webtrial.results.validity.gates import left_out
from webtrial.run.store import Run
from webtrial.stats.estimates import CELL
from webtrial.stats.trials import trials_table


def draw_migration(run: Run, ratios: pd.DataFrame) -> Shown:
    """`migration_ratios` by what they rest on: costs on the way from one framework to another."""
    if ratios.empty:
        return absent("no stack in which two frameworks serve together")
    costs = migration_costs(run, ratios)
    trials = trials_table(run).merge(costs[[*CELL, "stack"]].drop_duplicates())
    return migration.draw(costs, migration_figure_text(costs, ratios, left_out(trials)))
