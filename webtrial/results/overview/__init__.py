"""Which stack serves how many times the requests of another, and how certain is it?

Also describes what was compared.
"""

from functools import cached_property

import pandas as pd

from webtrial.results.base.result import Result
from webtrial.results.overview.tables import findings_of
from webtrial.run.store import Run
from webtrial.stats.ratios import ratio_table


class Overview(Result):
    """The findings at the main loads."""

    @cached_property
    def ratios(self) -> pd.DataFrame:
        """Paired ratios with their verdicts: columns of `ratio_table`."""
        return ratio_table(self.run)

    @cached_property
    def data(self) -> pd.DataFrame:
        """Columns of `findings.main_findings`."""
        return findings_of(self.run, self.ratios)


def overview(run: Run) -> Overview:
    """Return the answer in short.

    `data` has a row per finding at the main loads: columns of `findings.main_findings`.
    """
    return Overview(run)
