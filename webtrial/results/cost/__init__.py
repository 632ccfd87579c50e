"""What does a request cost in CPU time, and where does its time go?"""

from functools import cached_property

import pandas as pd

from webtrial.results.base.result import Result
from webtrial.results.cost import estimate
from webtrial.results.cost import floor as floor_
from webtrial.results.cost import request_time as request_time_
from webtrial.run.store import Run


class Cost(Result):
    """CPU time per request of the service, PostgreSQL and the upstreams."""

    MISSING_DATA = "no observed CPU time"

    @cached_property
    def data(self) -> pd.DataFrame:
        """Columns of `estimate.cost_table`."""
        return estimate.cost_table(self.run)

    @cached_property
    def floor(self) -> pd.DataFrame:
        """The cost of a request that does nothing: columns of `floor.floor`."""
        return floor_.floor(self.run)

    @cached_property
    def request_time(self) -> pd.DataFrame:
        """Where the mean response time goes: columns of `request_time.request_time`."""
        return request_time_.request_time(self.run)


def cost(run: Run) -> Cost:
    """Return CPU time per request.

    `data` has a row per cell and stack: columns of `estimate.cost_table`.
    """
    return Cost(run)
