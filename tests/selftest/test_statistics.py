"""The statistical experiments find what is known: 5 % of nothing is declared, 95 % covered."""

import numpy as np
import pandas as pd
import pytest

from webtrial.selftest.check import coverage, same_stack
from webtrial.selftest.check.coverage import Noise, as_histogram, covered
from webtrial.stats.intervals import Estimate

STEADY = Noise(deviation=0.1, correlation=0.0, drift=0.0)


def pairs(first: float, second: float, count: int, undisturbed: bool = True) -> pd.DataFrame:
    row = {"first": first, "second": second, "undisturbed": undisturbed}
    return pd.DataFrame([row] * count)


def test_of_normal_noise_a_twentieth_is_declared_a_difference() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 40)
    assert same_stack.declared_fraction(noise, 2000) == pytest.approx(0.05, abs=0.02)


def test_a_real_difference_is_no_a_a() -> None:
    """Signs are drawn: a shift of all pairs looks like noise and must not be hidden as none."""
    assert not same_stack.check(pairs(100.0, 90.0, same_stack.PAIRS)).passed


def test_too_few_undisturbed_pairs_do_not_pass() -> None:
    both = pd.concat([pairs(100.0, 101.0, 7), pairs(100.0, 70.0, 80, undisturbed=False)])
    row = same_stack.check(both)
    assert not row.passed
    assert row.note == "not judged: only 7 of 30 pairs without a change of a core's speed"


@pytest.mark.parametrize("blocks", coverage.BLOCKS)
def test_the_interval_of_a_ratio_of_means_covers_its_truth(blocks: int) -> None:
    found = covered(STEADY, blocks, 2000, coverage.of_means)
    assert found == pytest.approx(0.95, abs=0.02)


def test_an_interval_of_half_the_width_would_be_found_out() -> None:
    def too_narrow(*given: object) -> object:
        estimate = coverage.of_means(*given)  # type: ignore[arg-type]
        centre = np.sqrt(estimate.low * estimate.high)
        return Estimate(
            estimate.value, (centre * estimate.low) ** 0.5, (centre * estimate.high) ** 0.5, 5
        )

    assert covered(STEADY, 5, 1000, too_narrow) < 0.9  # type: ignore[arg-type]


def test_noise_is_told_as_it_was_made() -> None:
    random, values = np.random.default_rng(2), [0.0]
    for _ in range(4000):
        values.append(0.6 * values[-1] + random.normal(0, 0.08))
    line = np.linspace(0, 0.5, len(values))
    deviation, correlation, drift = same_stack.noise_of(pd.Series(np.exp(np.array(values) + line)))
    assert deviation == pytest.approx(0.1, rel=0.1)
    assert correlation == pytest.approx(0.6, abs=0.05)
    assert drift == pytest.approx(0.5, abs=0.05)


def test_latencies_are_counted_as_the_report_counts_them() -> None:
    latencies = np.random.default_rng(3).lognormal(0, 0.5, 5000)
    found = as_histogram(latencies)
    assert len(found) == 5000
    for p in (50, 99):
        assert found.percentile_ms(p) == pytest.approx(np.percentile(latencies, p), rel=0.002)
