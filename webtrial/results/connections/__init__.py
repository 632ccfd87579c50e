"""How many connections does each stack hold, and what do they cost?"""

from functools import cached_property

import pandas as pd

from webtrial.results.base.result import Result
from webtrial.results.connections import estimate
from webtrial.run.store import Run
from webtrial.stats.thresholds import P99_LIMIT_MS


class Connections(Result):
    """Response times, losses and memory by the number of persistent connections."""

    MISSING_DATA = "no trials with persistent connections that count"

    def __init__(self, run: Run, p99_limit_ms: float) -> None:
        """Set the limit for persistent connections.

        Connections are held if nearly all stay open and 99 of 100 requests on them are answered
        within `p99_limit_ms`.
        """
        super().__init__(run)
        self.p99_limit_ms = p99_limit_ms

    @cached_property
    def data(self) -> pd.DataFrame:
        """Columns of `estimate.connections`."""
        return estimate.connections(self.run, self.p99_limit_ms)


def connections(run: Run, p99_limit_ms: float = P99_LIMIT_MS) -> Connections:
    """Return how many connections each stack holds with requests answered within `p99_limit_ms`.

    `data` has a row per load and stack: columns of `estimate.connections`.
    """
    return Connections(run, p99_limit_ms)
