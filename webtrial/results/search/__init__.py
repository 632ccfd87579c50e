"""How does the cost of a search depend on the searched word?"""

from functools import cached_property

import pandas as pd

from webtrial.results.base.result import Result
from webtrial.results.latency.estimate import search_by_selectivity
from webtrial.results.search.estimate import search_ratios, search_spread
from webtrial.run.store import Run
from webtrial.stats.pairs import pairs_differing_only_in


class Search(Result):
    """Response times of product searches by kind of word, with and without the index."""

    MISSING_DATA = "no usable searches"

    @cached_property
    def data(self) -> pd.DataFrame:
        """Columns of `search_by_selectivity`."""
        return search_by_selectivity(self.run)

    @cached_property
    def spread(self) -> pd.DataFrame:
        """How far apart the frameworks are by kind of word: columns of `estimate.search_spread`."""
        return search_spread(self.run)

    @cached_property
    def ratios(self) -> pd.DataFrame:
        """Pairs that differ only in the index or in the order of queries.

        Columns of `estimate.search_ratios`.
        """
        pairs = [
            *pairs_differing_only_in(self.run, "after_clone"),
            *pairs_differing_only_in(self.run, "searches"),
        ]
        return search_ratios(self.run, pairs)


def search(run: Run) -> Search:
    """Return the response times of searches by kind of word.

    `data` has a row per load, stack, kind of word and percentile: columns of
    `search_by_selectivity`.
    """
    return Search(run)
