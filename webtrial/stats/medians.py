"""Medians of merged blocks and their ratios, for requests that are told apart by their kind.

The minimum of requests that a median elsewhere needs is not asked for here: where every request of
a kind does the same, a few tell as much. How many there were stands beside each.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from webtrial.stats.histogram import Histogram, histogram, merged
from webtrial.stats.intervals import Estimate, jackknife
from webtrial.stats.ratios import percentile_ratio

Blocks = Mapping[Any, Histogram]  # what was counted, by block


def by_block(counts: pd.DataFrame, keys: Sequence[str]) -> dict[tuple[Any, ...], Blocks]:
    """The rows of `counted` as histograms: for each value of `keys` those of its blocks."""
    found: dict[tuple[Any, ...], dict[Any, Histogram]] = {}
    for (*key, block), part in counts.groupby([*keys, "block"], observed=True, sort=False):
        found.setdefault(tuple(key), {})[block] = histogram(part)
    return dict(found)


def median_of(blocks: Blocks) -> Estimate:
    """The median in ms of all requests together, with its jackknife interval over blocks."""
    return jackknife(list(blocks.values()), _merged_median)


def _merged_median(parts: Sequence[Histogram]) -> float:
    return merged(parts).percentile_ms(50)


def ratio_of_medians(above: Blocks, below: Blocks) -> Estimate:
    """How many times as long, over the blocks that hold both."""
    both = [(above[block], below[block]) for block in above if block in below]
    return jackknife(both, percentile_ratio(50))
