"""Which framework suits which kind of project, and what does it cost to run?"""

from functools import cached_property
from typing import Any

import pandas as pd

from webtrial.results.base.result import Result
from webtrial.results.choosing import estimate
from webtrial.results.choosing.criteria import Criteria, criteria
from webtrial.results.choosing.money import cores_needed, million_requests
from webtrial.results.choosing.projects import Weights
from webtrial.run.store import Run
from webtrial.stats.thresholds import P99_LIMIT_MS


class Choosing(Result):
    """Scores of frameworks by criterion, and the framework that suits each kind of project."""

    def __init__(self, run: Run, p99_limit_ms: float, weights: Weights | None, seed: int) -> None:
        """Set the limit, the `weights` of criteria by kind of project, and the `seed` for draws.

        Draws are taken from the run's intervals.
        """
        super().__init__(run)
        self.p99_limit_ms = p99_limit_ms
        self.weights = weights
        self.seed = seed

    @cached_property
    def criteria(self) -> Criteria:
        """The value of each framework for each criterion, and the criteria without values."""
        return criteria(self.run, self.p99_limit_ms)

    @cached_property
    def data(self) -> pd.DataFrame:
        """Columns of `estimate.scores`."""
        return estimate.scores(self.criteria, self.seed)

    @cached_property
    def recommended(self) -> pd.DataFrame:
        """The first framework for each kind of project: columns of `estimate.recommended`."""
        return estimate.recommended(self.run, self.weights, self.criteria, self.seed)

    @cached_property
    def moves(self) -> pd.DataFrame:
        """How far weights must move to change the choice: columns of `estimate.moves`."""
        return estimate.moves(self.criteria, self.weights)

    def million_requests(self, price_per_core_hour: float) -> pd.DataFrame:
        """Return CPU time and price of a million requests: columns of `money.million_requests`."""
        return million_requests(self.run, price_per_core_hour)

    def cores_needed(self, load_per_s: float) -> pd.DataFrame:
        """Return the cores that serve a load within the limit: columns of `money.cores_needed`."""
        return cores_needed(self.run, load_per_s, self.p99_limit_ms)

    def sliders(self) -> Any:
        """Return the weights as sliders in JupyterLab; elsewhere as a table."""
        from webtrial.results.choosing.sliders import weights_view  # noqa: PLC0415 - loads ipywidgets

        return weights_view(self.criteria, self.weights)


def choosing(
    run: Run,
    p99_limit_ms: float = P99_LIMIT_MS,
    weights: Weights | None = None,
    seed: int = estimate.SEED,
) -> Choosing:
    """Return which framework suits which kind of project.

    `data` has a row per criterion and framework: columns of `estimate.scores`.
    """
    return Choosing(run, p99_limit_ms, weights, seed)
