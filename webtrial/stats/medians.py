"""Medians of merged blocks and their ratios, for requests grouped by kind.

The minimum number of requests that a median needs elsewhere does not apply here: where all requests
of a kind do the same work, a few are enough. Every result states how many there were.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from webtrial.stats.histogram import Histogram, histogram, merged
from webtrial.stats.intervals import Estimate, jackknife
from webtrial.stats.ratios import percentile_ratio

Blocks = Mapping[Any, Histogram]  # histograms by block


def by_block(counts: pd.DataFrame, keys: Sequence[str]) -> dict[tuple[Any, ...], Blocks]:
    """Return the rows of `counted` as histograms: for each value of `keys`, one per block."""
    found: dict[tuple[Any, ...], dict[Any, Histogram]] = {}
    for (*key, block), part in counts.groupby([*keys, "block"], observed=True, sort=False):
        found.setdefault(tuple(key), {})[block] = histogram(part)
    return dict(found)


def median_of(blocks: Blocks) -> Estimate:
    """Return the median in ms of all requests together, with its jackknife interval over blocks."""
    return jackknife(list(blocks.values()), _merged_median)


def _merged_median(parts: Sequence[Histogram]) -> float:
    return merged(parts).percentile_ms(50)


def ratio_of_medians(above: Blocks, below: Blocks) -> Estimate:
    """Return the ratio of two medians, over the blocks that both have."""
    both = [(above[block], below[block]) for block in above if block in below]
    return jackknife(both, percentile_ratio(50))
