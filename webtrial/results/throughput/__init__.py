"""How many requests per second does each stack serve, and what are the ratios between stacks?"""

from functools import cached_property

import pandas as pd

from webtrial.results.base.result import Result
from webtrial.run.store import Run
from webtrial.stats.estimates import throughput_table
from webtrial.stats.ratios import ratio_table


class Throughput(Result):
    """Requests per second in closed loops, and paired ratios of every metric."""

    MISSING_DATA = "no closed load"

    @cached_property
    def data(self) -> pd.DataFrame:
        """Columns of `throughput_table`."""
        return throughput_table(self.run)

    @cached_property
    def ratios(self) -> pd.DataFrame:
        """Paired ratios with their verdicts: columns of `ratio_table`."""
        return ratio_table(self.run)


def throughput(run: Run) -> Throughput:
    """Return requests per second, and the ratios between stacks.

    `data` has a row per cell and stack: columns of `throughput_table`.
    """
    return Throughput(run)
