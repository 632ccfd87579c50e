"""What does it cost to serve with two frameworks at once while migrating from one to the other?"""

from functools import cached_property

import pandas as pd

from webtrial.results.base.result import Result
from webtrial.results.migration.estimate import migration_costs, migration_ratios
from webtrial.run.store import Run


class Migration(Result):
    """Stacks that run two frameworks together, over each of them as deployed."""

    MISSING_DATA = "no stack in which two frameworks serve together"

    @cached_property
    def data(self) -> pd.DataFrame:
        """Columns of `estimate.migration_ratios`."""
        return migration_ratios(self.run)

    @cached_property
    def costs(self) -> pd.DataFrame:
        """The cost of a request during the migration: columns of `estimate.migration_costs`."""
        return migration_costs(self.run, self.data)


def migration(run: Run) -> Migration:
    """Return throughput and cost of stacks with two frameworks, over each framework as deployed.

    `data` has a row per cell, pair and metric: columns of `ratio_table`.
    """
    return Migration(run)
