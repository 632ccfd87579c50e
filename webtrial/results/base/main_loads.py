"""Select the rows that most figures show: the stacks of every scenario, at each main load."""

import pandas as pd

from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.trials import count_invalid, trials_table


def common_stacks(run: Run, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the stacks that are measured in every scenario at every load."""
    return table[table["stack"].isin(run.manifest.parameters.stacks)]


def scenarios_with_extra_stacks(run: Run, table: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the rows of each scenario with at least twice as many stacks as all have in common."""
    minimum = 2 * len(run.manifest.parameters.stacks)
    scenarios = [rows for _, rows in table.groupby("scenario", sort=False)]
    return [rows for rows in scenarios if rows["stack"].nunique() >= minimum]


def count_invalid_of_common_stacks(run: Run, kind: str = "closed") -> int:
    """Return how many trials of the common stacks are invalid at the main loads of that kind."""
    return count_invalid(at_main_load(common_stacks(run, trials_table(run)), kind))


def trials_of(run: Run, *scenarios: str) -> pd.DataFrame:
    """Return the rows of `trials_table` of some scenarios."""
    trials = trials_table(run)
    return trials[trials["scenario"].isin(scenarios)]


def count_invalid_in_scenarios(run: Run, table: pd.DataFrame) -> int:
    """Return how many trials of all stacks are invalid at the main closed loads.

    Only the scenarios of `table` count.
    """
    return count_invalid(at_main_load(trials_of(run, *table["scenario"].unique())))
