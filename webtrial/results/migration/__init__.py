"""What does it cost to serve with two frameworks at once, on the way from one to the other?"""

from functools import cached_property

import pandas as pd

from webtrial.results.base.result import Result
from webtrial.results.migration.estimate import migration_costs, migration_ratios
from webtrial.run.store import Run


class Migration(Result):
    """Stacks in which two frameworks serve together, over each of them as deployed."""

    LACKS = "no stack in which two frameworks serve together"

    @cached_property
    def data(self) -> pd.DataFrame:
        """Columns of `estimate.migration_ratios`."""
        return migration_ratios(self.run)

    @cached_property
    def costs(self) -> pd.DataFrame:
        """What a request costs on the way: columns of `estimate.migration_costs`."""
        return migration_costs(self.run, self.data)


def migration(run: Run) -> Migration:
    """What stacks with two frameworks serve and cost, over each framework as deployed.

    `data` has a row per cell, pair and metric: columns of `ratio_table`.
    """
    return Migration(run)
