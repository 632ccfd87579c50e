"""How long does a request take that calls several sources, in turn and at once?"""

from functools import cached_property

import pandas as pd

from webtrial.results.base.result import Result
from webtrial.results.fan_out import estimate
from webtrial.run.store import Run
from webtrial.stats.pairs import over_deployed

REFERENCE = "FastAPI"
"""The framework whose stack as deployed is the article's reference."""


class FanOut(Result):
    """Response times by number of sources and their delay, one request at a time."""

    MISSING_DATA = "no fan-out over several sources"

    @cached_property
    def data(self) -> pd.DataFrame:
        """Columns of `estimate.response_times`."""
        return estimate.response_times(self.run)

    @cached_property
    def overhead(self) -> pd.DataFrame:
        """Overhead of each stack beyond its sources' delays: columns of `estimate.overhead`."""
        return estimate.overhead(self.data)

    @cached_property
    def at_once_over_in_turn(self) -> pd.DataFrame:
        """Ratios at once / in turn of stacks that differ only in how they call sources.

        Columns of `estimate.median_ratios`.
        """
        return estimate.median_ratios(self.run, estimate.pairs_in_turn(self.run))

    @cached_property
    def break_even(self) -> pd.DataFrame:
        """The delay from which on calling sources at once is faster.

        Columns of `estimate.break_even_delays`.
        """
        return estimate.break_even_delays(self.at_once_over_in_turn)

    @cached_property
    def over_reference(self) -> pd.DataFrame:
        """Every stack over FastAPI as deployed: columns of `estimate.median_ratios`."""
        return estimate.median_ratios(self.run, over_deployed(self.run, REFERENCE))


def fan_out(run: Run) -> FanOut:
    """Return how long calls to 1 to 8 sources of 0 to 100 ms each take, in turn and at once.

    `data` has a row per stack, number of sources and their delay: columns of
    `estimate.response_times`.
    """
    return FanOut(run)
