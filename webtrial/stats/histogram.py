"""Latencies as counts in logarithmic buckets: what percentiles are read from.

However many requests there are, a histogram stays small, and merging two of them is adding their
counts. A bucket reaches from one latency to another 0.1 % above (`RESOLUTION`) and stands for the
mean of the requests in it. So a percentile lies within 0.1 % of what sorting all the requests
would give, and is exact where its bucket holds one request; counts and means are exact. Tene's
HdrHistogram does the same with buckets that are equally wide between two powers of 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd

RESOLUTION = 0.001
MINIMUM_SAMPLES: dict[float, int] = {50: 20, 90: 100, 99: 10_000, 99.9: 100_000}
NEEDS_INTERVAL = 99  # the lowest percentile that is never given without its interval


@dataclass(frozen=True, slots=True)
class Histogram:
    """The buckets that hold any requests, ascending, and for each how many, how many of them were
    given up (censored), and the sum of their latencies."""

    bucket: np.ndarray
    requests: np.ndarray
    censored: np.ndarray
    total_ms: np.ndarray

    def __len__(self) -> int:
        """How many requests."""
        return int(self.requests.sum())

    @property
    def mean_ms(self) -> float:
        """The mean latency, exact; NaN of no requests."""
        return float(self.total_ms.sum() / len(self)) if len(self) else nan

    def percentile_ms(self, percentile: float) -> float:
        """The percentile within RESOLUTION, however few the requests; NaN of none."""
        return float(self.quantiles_ms(np.array([percentile / 100]))[0])

    def quantiles_ms(self, shares: np.ndarray) -> np.ndarray:
        """The latencies that these shares of the requests do not exceed, between two requests by
        linear interpolation as NumPy's `quantile` has it, within RESOLUTION; NaN of no requests."""
        last = len(self) - 1
        if last < 0:
            return np.full(len(shares), nan)
        place = np.asarray(shares) * last
        below = np.floor(place).astype(int)
        low, high = self._at(below), self._at(np.minimum(below + 1, last))
        quantiles: np.ndarray = low + (place - below) * (high - low)
        return quantiles

    def answered_within(self, limit_ms: float) -> int:
        """How many requests were answered within the limit, those within RESOLUTION of it as their
        bucket. A request that was given up was never answered."""
        within = self._means_ms() <= limit_ms
        return int((self.requests - self.censored)[within].sum())

    def is_bound(self, percentile: float) -> bool:
        """Whether the percentile lies among timeouts (in or beyond the first bucket with one), so
        that it is at least what `percentile_ms` says."""
        with_timeouts = np.flatnonzero(self.censored)
        if not len(with_timeouts):
            return False
        return bool(self.percentile_ms(percentile) >= self._means_ms()[with_timeouts[0]])

    def _at(self, ranks: np.ndarray) -> np.ndarray:
        """The latencies of the requests of these ranks, the fastest being 0."""
        bucket = np.searchsorted(np.cumsum(self.requests), ranks, side="right")
        latencies: np.ndarray = self._means_ms()[bucket]
        return latencies

    def _means_ms(self) -> np.ndarray:
        means: np.ndarray = self.total_ms / self.requests
        return means


def histogram(counts: pd.DataFrame) -> Histogram:
    """Of rows with `bucket`, `requests`, `censored` and `total_ms`, those of a bucket added."""
    return _added(*(counts[name].to_numpy() for name in _COLUMNS))


def merged(parts: Sequence[Histogram]) -> Histogram:
    """That of the requests of all parts together. Percentiles are read from it, never averaged."""
    none = np.empty(0, int)
    return _added(
        *(np.concatenate([none, *(getattr(part, name) for part in parts)]) for name in _COLUMNS)
    )


_COLUMNS = ("bucket", "requests", "censored", "total_ms")


def _added(
    bucket: np.ndarray, requests: np.ndarray, censored: np.ndarray, total_ms: np.ndarray
) -> Histogram:
    buckets, place = np.unique(bucket, return_inverse=True)
    sums = [np.bincount(place, each, len(buckets)) for each in (requests, censored, total_ms)]
    return Histogram(buckets, sums[0].astype(int), sums[1].astype(int), sums[2])
