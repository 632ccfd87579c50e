"""How long does a request take?"""

from functools import cached_property

import pandas as pd

from webtrial.results.base.result import Result
from webtrial.results.latency.estimate import latency_against_load
from webtrial.run.store import Run


class Latency(Result):
    """Percentiles of response time against load, whole distributions, and single trials."""

    MISSING_DATA = "no usable response times"

    @cached_property
    def data(self) -> pd.DataFrame:
        """Columns of `estimate.latency_against_load`."""
        return latency_against_load(self.run)


def latency(run: Run) -> Latency:
    """Return response times in closed and open loops.

    `data` has a row per cell, stack and percentile: columns of `estimate.latency_against_load`.
    """
    return Latency(run)
