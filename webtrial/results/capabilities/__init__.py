"""What can each framework do, besides being fast?"""

from functools import cached_property

import pandas as pd

from webtrial.results.base.result import Result
from webtrial.results.capabilities.estimate import capability_findings, capability_table


class Capabilities(Result):
    """What probes of the running services, their sources and their packages found."""

    def __init__(self) -> None:
        """Capabilities belong to the services, not to a run."""

    @cached_property
    def findings(self) -> pd.DataFrame:
        """Columns of `estimate.capability_findings`."""
        return capability_findings()

    @cached_property
    def data(self) -> pd.DataFrame:
        """Columns of `estimate.capability_table`."""
        return capability_table(self.findings)


def capabilities() -> Capabilities:
    """What each framework was found to do.

    `data` has a row per question and framework: columns of `estimate.capability_table`.
    """
    return Capabilities()
