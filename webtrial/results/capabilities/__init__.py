"""What can each framework do, besides being fast?"""

from functools import cached_property

import pandas as pd

from webtrial.results.base.result import Result
from webtrial.results.capabilities.estimate import capability_findings, capability_table


class Capabilities(Result):
    """The findings of probes of the running services, their sources and their packages."""

    def __init__(self) -> None:
        """Create the result without a run: capabilities belong to the services."""

    @cached_property
    def findings(self) -> pd.DataFrame:
        """Columns of `estimate.capability_findings`."""
        return capability_findings()

    @cached_property
    def data(self) -> pd.DataFrame:
        """Columns of `estimate.capability_table`."""
        return capability_table(self.findings)


def capabilities() -> Capabilities:
    """Return the capabilities found for each framework.

    `data` has a row per question and framework: columns of `estimate.capability_table`.
    """
    return Capabilities()
