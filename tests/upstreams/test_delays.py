"""Delays of the upstreams: log-normal, drawn from a seed, and told as they were."""

import math
from statistics import NormalDist, fmean, pstdev

import pytest

from tests.service_modules import module_of

COUNT = 4000


@pytest.fixture(scope="module")
def delays_of():
    """Makes `Delays`."""
    with module_of("upstreams", "upstream") as upstream:
        yield upstream.Delays


def drawn(delays, count=COUNT):
    return [delays.draw() for _ in range(count)]


@pytest.mark.parametrize(("median_ms", "sigma"), [(20.0, 0.25), (5.0, 1.0)])
def test_logarithms_are_normal_about_the_median(delays_of, median_ms, sigma):
    logs = [math.log(delay_ms / median_ms) for delay_ms in drawn(delays_of(median_ms, sigma, "1"))]
    # Five standard errors, of the mean and of the standard deviation.
    assert fmean(logs) == pytest.approx(0.0, abs=5 * sigma / math.sqrt(COUNT))
    assert pstdev(logs) == pytest.approx(sigma, abs=5 * sigma / math.sqrt(2 * COUNT))
    # Kolmogorov and Smirnov's distance; 1.95 / √n is exceeded once in a thousand samples.
    normal = NormalDist(0.0, sigma)
    distance = max(abs(normal.cdf(x) - i / COUNT) for i, x in enumerate(sorted(logs)))
    assert distance < 1.95 / math.sqrt(COUNT)


def test_without_spread_every_delay_is_the_median(delays_of):
    assert set(drawn(delays_of(20.0, 0.0, "1"), 50)) == {20.0}
    assert set(drawn(delays_of(0.0, 0.25, "1"), 50)) == {0.0}


def test_a_seed_draws_the_same_delays_again_and_another_draws_others(delays_of):
    first, again, other = (drawn(delays_of(20.0, 0.25, seed), 50) for seed in ("a", "a", "b"))
    assert first == again
    assert not set(first) & set(other)


def test_what_is_told_is_of_the_delays_since_it_was_last_told(delays_of):
    delays = delays_of(20.0, 0.25, "1")
    for took_ms in range(101):
        delays.record(2.0 * took_ms, float(took_ms))
    assert delays.statistics() == {
        "requests": 101,
        "requested_mean_ms": 100.0,
        "actual_mean_ms": 50.0,
        "actual_p50_ms": 50.0,
        "actual_p99_ms": 99.0,
    }
    nothing = dict.fromkeys(
        ["requested_mean_ms", "actual_mean_ms", "actual_p50_ms", "actual_p99_ms"]
    )
    assert delays.statistics() == {"requests": 0} | nothing


def test_one_delay_is_its_own_percentiles(delays_of):
    delays = delays_of(20.0, 0.25, "1")
    delays.record(20.0, 21.0)
    told = delays.statistics()
    assert (told["actual_p50_ms"], told["actual_p99_ms"]) == (21.0, 21.0)
