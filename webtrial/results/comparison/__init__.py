"""What of one run holds in another, and what changed?"""

from functools import cached_property

import pandas as pd

from webtrial.results.base.result import Result
from webtrial.results.comparison import changes as changes_
from webtrial.results.comparison.differences import differences
from webtrial.results.comparison.replication import replication
from webtrial.run.store import Run
from webtrial.stats.intervals import Estimate


class Comparison(Result):
    """A second run held against a first one."""

    def __init__(self, before: Run, after: Run, fail_over: float) -> None:
        """`fail_over`: by more than so many per cent a stack may not get worse."""
        super().__init__(before)
        self.after = after
        self.fail_over = fail_over

    @cached_property
    def data(self) -> pd.DataFrame:
        """Each figure of the second run over that of the first: columns of `changes.changes`."""
        return changes_.changes(self.run, self.after)

    @cached_property
    def speed(self) -> Estimate:
        """How fast the second run's machine was, over the first's."""
        return changes_.machine_speed(self.run, self.after)

    @cached_property
    def regressions(self) -> pd.DataFrame:
        """What certainly got worse by more than `fail_over`: columns of `changes.regressions`."""
        return changes_.regressions(self.data, self.speed.value, self.fail_over)

    @cached_property
    def replication(self) -> pd.DataFrame:
        """Each pair's verdict in both runs: columns of `replication.replication`."""
        return replication(self.run, self.after)

    @cached_property
    def differences(self) -> pd.DataFrame:
        """What differs in machine, versions, data and parameters: columns of
        `differences.differences`."""
        return differences(self.run, self.after)


def comparison(before: Run, after: Run, fail_over: float = 10.0) -> Comparison:
    """`after` against `before`.

    `data` has a row per cell, stack and metric: columns of `changes.changes`. CompareError where
    the runs share nothing.
    """
    return Comparison(before, after, fail_over)
