"""What does a dashboard gain from calling its sources at once, and what limits it?"""

from functools import cached_property

import pandas as pd

from webtrial.results.base.result import Result
from webtrial.results.dashboard import thread_limits as limits
from webtrial.results.dashboard.estimate import dashboard_parts
from webtrial.results.fan_out.estimate import pairs_in_turn
from webtrial.run.store import Run
from webtrial.stats.pairs import pairs_differing_only_in
from webtrial.stats.ratios import ratio_table


class Dashboard(Result):
    """The dashboard's response time and its parts."""

    MISSING_DATA = "no dashboard trials that count"

    @cached_property
    def data(self) -> pd.DataFrame:
        """Columns of `dashboard_parts`."""
        return dashboard_parts(self.run)

    @cached_property
    def thread_limits(self) -> pd.DataFrame:
        """How close each stack came to the limit set by its threads.

        Columns of `thread_limits.thread_limits`.
        """
        return limits.thread_limits(self.run)

    @cached_property
    def at_once_over_in_turn(self) -> pd.DataFrame:
        """Ratios of stacks that call sources at once to stacks that call them in turn.

        Columns of `ratio_table`.
        """
        return ratio_table(self.run, pairs_in_turn(self.run))

    @cached_property
    def variants(self) -> pd.DataFrame:
        """Pairs that differ only in the order of source requests or in the HTTP client.

        Columns of `ratio_table`.
        """
        pairs = [
            *pairs_differing_only_in(self.run, "sources"),
            *pairs_differing_only_in(self.run, "http_client"),
        ]
        return ratio_table(self.run, pairs)


def dashboard(run: Run) -> Dashboard:
    """Return the response time of a dashboard with several sources.

    `data` has a row per load and stack: columns of `dashboard_parts`.
    """
    return Dashboard(run)
