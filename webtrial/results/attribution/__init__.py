"""Why is one stack cheaper than another: which choices make how much of the difference?"""

from functools import cached_property

import pandas as pd

from webtrial.results.attribution.estimate import Decomposition, decomposition
from webtrial.results.base.result import Result
from webtrial.run.store import Run


class Attribution(Result):
    """The factors by which two stacks differ in CPU time per request, choice by choice."""

    def __init__(self, run: Run, stack: str, baseline: str) -> None:
        """Of `stack` over `baseline`."""
        super().__init__(run)
        self.stack = stack
        self.baseline = baseline

    @cached_property
    def found(self) -> Decomposition:
        """Parts, paths and corners."""
        return decomposition(self.run, self.stack, self.baseline)

    @property
    def data(self) -> pd.DataFrame:
        """Columns of `Decomposition.parts`."""
        return self.found.parts

    @property
    def limitations(self) -> tuple[str, ...]:
        """What keeps the parts from being finer, or from being there at all."""
        return (self.found.lacking,) if self.found.lacking else ()


def attribution(run: Run, stack: str, baseline: str) -> Attribution:
    """What of `stack` over `baseline` in CPU time per request each choice accounts for.

    `data` has a row per part, the whole last: columns of `Decomposition.parts`. ParameterError
    where the run has no such stack.
    """
    return Attribution(run, stack, baseline)
