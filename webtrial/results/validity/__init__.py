"""Can the numbers be trusted: what was invalid, how noisy was the machine, was the work equal?"""

from functools import cached_property

import pandas as pd

from webtrial.results.base.result import Result
from webtrial.results.validity.gates import validity_table
from webtrial.run.store import Run


class Validity(Result):
    """Verdicts on trials, the machine, the load, equal work and what may mislead."""

    @cached_property
    def data(self) -> pd.DataFrame:
        """Columns of `gates.validity_table`."""
        return validity_table(self.run)


def validity(run: Run) -> Validity:
    """What each trial's own checks found.

    `data` has a row per verdict and gate: columns of `gates.validity_table`.
    """
    return Validity(run)
