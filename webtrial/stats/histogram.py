"""Latency histograms with logarithmic buckets, from which percentiles are computed.

A histogram stays small for any number of requests, and two are merged by adding their counts. A
bucket covers latencies from a lower bound to 0.1 % above it (`RESOLUTION`) and is represented by
the mean of the requests in it. A percentile therefore lies within 0.1 % of the value that sorting
all requests would give, and is exact if its bucket holds one request; counts and means are exact.
Tene's HdrHistogram uses the same idea, with buckets of equal width between two powers of 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd

RESOLUTION = 0.001
MINIMUM_SAMPLES: dict[float, int] = {50: 20, 90: 100, 99: 10_000, 99.9: 100_000}
NEEDS_INTERVAL = 99  # the lowest percentile that is never reported without its interval


@dataclass(frozen=True, slots=True)
class Histogram:
    """The non-empty buckets in ascending order.

    Each has its number of requests, how many of these timed out (censored), and the sum of their
    latencies.
    """

    bucket: np.ndarray
    requests: np.ndarray
    censored: np.ndarray
    total_ms: np.ndarray

    def __len__(self) -> int:
        """Return the number of requests."""
        return int(self.requests.sum())

    @property
    def mean_ms(self) -> float:
        """The exact mean latency; NaN without requests."""
        return float(self.total_ms.sum() / len(self)) if len(self) else nan

    def percentile_ms(self, percentile: float) -> float:
        """Return a percentile within RESOLUTION, whatever the number of requests; NaN with none."""
        return float(self.quantiles_ms(np.array([percentile / 100]))[0])

    def quantiles_ms(self, fractions: np.ndarray) -> np.ndarray:
        """Return the latencies at these quantiles, within RESOLUTION; NaN without requests.

        Interpolates linearly between two requests, like NumPy's `quantile`.
        """
        last = len(self) - 1
        if last < 0:
            return np.full(len(fractions), nan)
        position = np.asarray(fractions) * last
        below = np.floor(position).astype(int)
        low, high = self._at(below), self._at(np.minimum(below + 1, last))
        quantiles: np.ndarray = low + (position - below) * (high - low)
        return quantiles

    def completed_within(self, limit_ms: float) -> int:
        """Return how many requests got their response within the limit.

        Requests within RESOLUTION of the limit are treated as their bucket. A request that timed
        out never got a response.
        """
        within = self._means_ms() <= limit_ms
        return int((self.requests - self.censored)[within].sum())

    def is_bound(self, percentile: float) -> bool:
        """Whether the percentile is only a lower bound.

        It is if it lies among timeouts, that is in or beyond the first bucket with one.
        """
        with_timeouts = np.flatnonzero(self.censored)
        if not len(with_timeouts):
            return False
        return bool(self.percentile_ms(percentile) >= self._means_ms()[with_timeouts[0]])

    def _at(self, ranks: np.ndarray) -> np.ndarray:
        """Return the latencies of the requests with these ranks; the fastest has rank 0."""
        bucket = np.searchsorted(np.cumsum(self.requests), ranks, side="right")
        latencies: np.ndarray = self._means_ms()[bucket]
        return latencies

    def _means_ms(self) -> np.ndarray:
        means: np.ndarray = self.total_ms / self.requests
        return means


def histogram(counts: pd.DataFrame) -> Histogram:
    """Build a histogram from rows with `bucket`, `requests`, `censored` and `total_ms`.

    Rows of the same bucket are added.
    """
    return _added(*(counts[name].to_numpy() for name in _COLUMNS))


def merged(parts: Sequence[Histogram]) -> Histogram:
    """Return the histogram of all parts together.

    Percentiles must be computed from it; averages of the parts' percentiles are wrong.
    """
    empty = np.empty(0, int)
    return _added(
        *(np.concatenate([empty, *(getattr(part, name) for part in parts)]) for name in _COLUMNS)
    )


_COLUMNS = ("bucket", "requests", "censored", "total_ms")


def _added(
    bucket: np.ndarray, requests: np.ndarray, censored: np.ndarray, total_ms: np.ndarray
) -> Histogram:
    buckets, position = np.unique(bucket, return_inverse=True)
    sums = [np.bincount(position, each, len(buckets)) for each in (requests, censored, total_ms)]
    return Histogram(buckets, sums[0].astype(int), sums[1].astype(int), sums[2])
