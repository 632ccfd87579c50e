"""Why is one stack cheaper than another: how much of the difference is due to each choice?"""

from functools import cached_property

import pandas as pd

from webtrial.results.attribution.estimate import Decomposition, decomposition
from webtrial.results.base.result import Result
from webtrial.run.store import Run


class Attribution(Result):
    """The factors by which two stacks differ in CPU time per request, split by choice."""

    def __init__(self, run: Run, stack: str, baseline: str) -> None:
        """Compare `stack` with `baseline`."""
        super().__init__(run)
        self.stack = stack
        self.baseline = baseline

    @cached_property
    def decomposition(self) -> Decomposition:
        """The parts, paths and corners."""
        return decomposition(self.run, self.stack, self.baseline)

    @property
    def data(self) -> pd.DataFrame:
        """Columns of `Decomposition.parts`."""
        return self.decomposition.parts

    @property
    def limitations(self) -> tuple[str, ...]:
        """Why the parts are not finer, or missing."""
        limitation = self.decomposition.limitation
        return (limitation,) if limitation else ()


def attribution(run: Run, stack: str, baseline: str) -> Attribution:
    """Return how much each choice contributes to a ratio in CPU time per request.

    The ratio is `stack` over `baseline`. `data` has a row per part, the whole last: columns of
    `Decomposition.parts`. ParameterError if the run has no such stack.
    """
    return Attribution(run, stack, baseline)
