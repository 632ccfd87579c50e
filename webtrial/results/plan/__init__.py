"""What do these parameters measure, and how long does it take?"""

from functools import cached_property

import pandas as pd

from webtrial.results.base.result import Result
from webtrial.run.parameters import Parameters


class Plan(Result):
    """Parameters with their values, and the resulting trials."""

    def __init__(self, parameters: Parameters) -> None:
        """Set the parameters; a plan has no run yet."""
        self.parameters = parameters

    @cached_property
    def data(self) -> pd.DataFrame:
        """Columns: parameter, value."""
        values = self.parameters.model_dump()
        return pd.DataFrame({"parameter": list(values), "value": list(values.values())})


def plan(parameters: Parameters) -> Plan:
    """Return the plan for `parameters`.

    `data` has a row per parameter: its name and its value.
    """
    return Plan(parameters)
