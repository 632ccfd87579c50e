"""Which results of one run hold in another, and what changed?"""

from functools import cached_property

import pandas as pd

from webtrial.results.base.result import Result
from webtrial.results.comparison import changes as changes_
from webtrial.results.comparison.differences import differences
from webtrial.results.comparison.replication import replication
from webtrial.run.store import Run
from webtrial.stats.intervals import Estimate


class Comparison(Result):
    """A second run compared with a first one."""

    def __init__(self, before: Run, after: Run, fail_over: float) -> None:
        """Set the bound: `fail_over` is the percentage by which a stack may get worse."""
        super().__init__(before)
        self.after = after
        self.fail_over = fail_over

    @cached_property
    def data(self) -> pd.DataFrame:
        """Each value of the second run over that of the first: columns of `changes.changes`."""
        return changes_.changes(self.run, self.after)

    @cached_property
    def speed(self) -> Estimate:
        """The speed of the second run's machine, over the first's."""
        return changes_.machine_speed(self.run, self.after)

    @cached_property
    def regressions(self) -> pd.DataFrame:
        """Certain regressions by more than `fail_over`: columns of `changes.regressions`."""
        return changes_.regressions(self.data, self.speed.value, self.fail_over)

    @cached_property
    def replication(self) -> pd.DataFrame:
        """Each pair's verdict in both runs: columns of `replication.replication`."""
        return replication(self.run, self.after)

    @cached_property
    def differences(self) -> pd.DataFrame:
        """Differences in machine, versions, data and parameters.

        Columns of `differences.differences`.
        """
        return differences(self.run, self.after)


def comparison(before: Run, after: Run, fail_over: float = 10.0) -> Comparison:
    """Compare `after` with `before`.

    `data` has a row per cell, stack and metric: columns of `changes.changes`. CompareError if the
    runs have nothing in common.
    """
    return Comparison(before, after, fail_over)
