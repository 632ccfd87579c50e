"""Select the rows that most figures show: the stacks of every scenario, at each main load."""

import pandas as pd

from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.trials import left_out, trials_table


def everywhere(run: Run, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the stacks that are measured in every scenario at every load."""
    return table[table["stack"].isin(run.manifest.parameters.stacks)]


def with_more(run: Run, table: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the rows of each scenario with at least twice as many stacks as every scenario has."""
    many = 2 * len(run.manifest.parameters.stacks)
    scenarios = [rows for _, rows in table.groupby("scenario", sort=False)]
    return [rows for rows in scenarios if rows["stack"].nunique() >= many]


def left_out_everywhere(run: Run, kind: str = "closed") -> int:
    """Return how many trials of the stacks of every scenario are invalid.

    They are those at each scenario's main load of that kind.
    """
    return left_out(at_main_load(everywhere(run, trials_table(run)), kind))


def trials_of(run: Run, *scenarios: str) -> pd.DataFrame:
    trials = trials_table(run)
    return trials[trials["scenario"].isin(scenarios)]


def left_out_of(run: Run, table: pd.DataFrame) -> int:
    """Return how many trials of all stacks in the scenarios of a table are invalid.

    They are those at each scenario's main closed load.
    """
    return left_out(at_main_load(trials_of(run, *table["scenario"].unique())))
