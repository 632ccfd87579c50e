"""What will be measured with these parameters, and how long does that take?"""

from functools import cached_property

import pandas as pd

from webtrial.results.base.result import Result
from webtrial.run.parameters import Parameters


class Plan(Result):
    """Parameters with their values, and the trials that they mean."""

    def __init__(self, parameters: Parameters) -> None:
        """A plan belongs to parameters: there is no run yet."""
        self.parameters = parameters

    @cached_property
    def data(self) -> pd.DataFrame:
        """Columns: parameter, value."""
        values = self.parameters.model_dump()
        return pd.DataFrame({"parameter": list(values), "value": list(values.values())})


def plan(parameters: Parameters) -> Plan:
    """What `parameters` ask for.

    `data` has a row per parameter: its name and its value.
    """
    return Plan(parameters)
