"""How much can each stack serve, and how much of it within the limit?"""

from functools import cached_property

import pandas as pd

from webtrial.results.base.result import Result
from webtrial.results.capacity import pilot_shares
from webtrial.results.capacity.estimate import sweep
from webtrial.run.store import Run
from webtrial.stats.in_time import rates_in_time
from webtrial.stats.thresholds import P99_LIMIT_MS


class Capacity(Result):
    """The rates that were served within a limit, and throughput against users."""

    def __init__(self, run: Run, p99_limit_ms: float) -> None:
        """Set the limit within which 99 of 100 requests of a served rate are answered."""
        super().__init__(run)
        self.p99_limit_ms = p99_limit_ms

    @cached_property
    def data(self) -> pd.DataFrame:
        """Columns of `rates_in_time`."""
        return rates_in_time(self.run, self.p99_limit_ms)

    @cached_property
    def sweeps(self) -> list[pd.DataFrame]:
        """Throughput and response times against users: columns of `estimate.sweep`.

        There is one table for each scenario with several closed loads.
        """
        scenarios = self.run.manifest.parameters.all_scenarios
        sweeps = [sweep(self.run, scenario) for scenario in scenarios]
        return [each for each in sweeps if len(each)]

    @cached_property
    def pilot_shares(self) -> pd.DataFrame:
        """The share of its pilot rate that each stack reached later.

        Columns of `pilot_shares.pilot_shares`.
        """
        return pilot_shares.pilot_shares(self.run)


def capacity(run: Run, p99_limit_ms: float = P99_LIMIT_MS) -> Capacity:
    """Return the highest offered rate of each stack that was served within `p99_limit_ms`.

    `data` has a row per scenario and stack: columns of `rates_in_time`.
    """
    return Capacity(run, p99_limit_ms)
