"""Can the numbers be trusted: what was invalid, how noisy was the machine, was the work equal?"""

from functools import cached_property

import pandas as pd

from webtrial.results.base.result import Result
from webtrial.results.validity.gates import machine_table, validity_table, verdict_table
from webtrial.run.store import Run
from webtrial.stats.ratios import THROUGHPUT, noise_floors


class Validity(Result):
    """Verdicts on trials, the machine, the load, equal work and threats to validity."""

    @cached_property
    def data(self) -> pd.DataFrame:
        """Columns of `gates.validity_table`."""
        return validity_table(self.run)

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """Attempts by verdict: columns of `gates.verdict_table`."""
        return verdict_table(self.run)

    @cached_property
    def machine(self) -> pd.DataFrame:
        """The machine at each attempt: columns of `gates.machine_table`."""
        return machine_table(self.run)

    @cached_property
    def noise_floors(self) -> pd.DataFrame:
        """A stack over itself in requests per second: columns of `ratio_table`."""
        return noise_floors(self.run, (THROUGHPUT,))


def validity(run: Run) -> Validity:
    """Return the results of each trial's own checks.

    `data` has a row per verdict and gate: columns of `gates.validity_table`.
    """
    return Validity(run)
