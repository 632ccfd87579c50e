"""Histograms against NumPy on the latencies themselves."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import EXAMPLES
from webtrial.results.latency.estimate import percentile_estimate
from webtrial.stats.histogram import MINIMUM_SAMPLES, RESOLUTION, histogram, merged

LATENCIES_MS = st.lists(st.floats(1e-6, 1e5), min_size=1, max_size=200)
ROUNDING = 1e-9
WITHIN = RESOLUTION + ROUNDING


def of(latency_ms, given_up=()):
    """By plain Python, what DuckDB would count: the last ones `given_up`."""
    every = np.array([*latency_ms, *given_up], dtype=float)
    return histogram(
        pd.DataFrame(
            {
                "bucket": np.floor(np.log(every * 1e6) / np.log(1 + RESOLUTION)).astype(int),
                "requests": 1,
                "censored": np.arange(len(every)) >= len(latency_ms),
                "total_ms": every,
            }
        )
    )


@EXAMPLES
@given(LATENCIES_MS, st.floats(0, 100))
def test_a_percentile_is_numpys_within_the_resolution(latency_ms, percentile):
    expected = float(np.percentile(latency_ms, percentile))

    assert of(latency_ms).percentile_ms(percentile) == pytest.approx(expected, rel=WITHIN)


@EXAMPLES
@given(st.lists(LATENCIES_MS, max_size=5), st.floats(0, 100))
def test_merging_is_counting_all_the_requests_together(parts, percentile):
    together = of(np.concatenate([[], *parts]))
    found = merged([of(part) for part in parts])

    assert found.bucket.tolist() == together.bucket.tolist()
    assert found.requests.tolist() == together.requests.tolist()
    assert found.total_ms.tolist() == pytest.approx(together.total_ms.tolist())
    expected = pytest.approx(together.percentile_ms(percentile), nan_ok=True)
    assert found.percentile_ms(percentile) == expected


@EXAMPLES
@given(LATENCIES_MS)
def test_counts_and_means_are_exact(latency_ms):
    found = of(latency_ms)

    assert len(found) == len(latency_ms)
    assert found.mean_ms == pytest.approx(np.mean(latency_ms))


@EXAMPLES
@given(LATENCIES_MS)
def test_quantiles_rise_with_the_share(latency_ms):
    quantiles = of(latency_ms).quantiles_ms(np.linspace(0, 1, 50))

    assert all(low <= high * (1 + ROUNDING) for low, high in pairwise(quantiles))


def test_requests_in_buckets_of_their_own_are_told_exactly():
    assert of([1.0, 2.0, 4.0]).quantiles_ms(np.array([0, 0.25, 0.5, 1])) == pytest.approx(
        [1.0, 1.5, 2.0, 4.0], rel=ROUNDING
    )


def test_of_no_requests_nothing_is_told():
    nothing = merged([])

    assert len(nothing) == 0
    assert np.isnan([nothing.mean_ms, nothing.percentile_ms(50)]).all()
    assert not nothing.is_bound(50)


def test_percentiles_are_of_merged_requests_never_averaged():
    fast, slow = np.linspace(1, 2, 300), np.linspace(100, 200, 100)
    found = merged([of(fast), of(slow)])

    expected = np.percentile(np.concatenate([fast, slow]), [50, 90])
    ours = [found.percentile_ms(50), found.percentile_ms(90)]
    assert ours == pytest.approx(expected.tolist(), rel=RESOLUTION)
    averaged = (np.percentile(fast, 50) + np.percentile(slow, 50)) / 2
    assert found.percentile_ms(50) != pytest.approx(averaged, rel=0.1)


@EXAMPLES
@given(
    st.lists(st.floats(1, 100), min_size=1, max_size=50),
    st.lists(st.floats(1000, 1001), max_size=50),
    st.sampled_from([50, 90, 99]),
)
def test_a_percentile_among_timeouts_is_a_bound(latency_ms, given_up, percentile):
    every = [*latency_ms, *given_up]
    among = bool(given_up) and np.percentile(every, percentile) >= min(given_up)

    assert of(latency_ms, given_up).is_bound(percentile) == among


@pytest.mark.parametrize(
    ("percentile", "needed"), [(50, 20), (90, 100), (99, 10_000), (99.9, 100_000)]
)
def test_a_percentile_is_hidden_below_its_number_of_samples(percentile, needed):
    def shown(count: int) -> bool:
        half = np.arange(1.0, 1 + count // 2), np.arange(1.0, 1 + count - count // 2)
        return bool(percentile_estimate([of(part) for part in half], percentile).value > 0)

    assert MINIMUM_SAMPLES[percentile] == needed
    assert not shown(needed - 1)
    assert shown(needed)
