"""Intervals against scipy and the printed formulas; each verdict provoked."""

from math import exp, isnan, log, nan, sqrt

import numpy as np
import pytest
from scipy import stats

from webtrial.stats.intervals import (
    Estimate,
    geometric_mean,
    jackknife,
    judge,
    noise_floor,
    ratio_of_means,
    ratio_unpaired,
)

ABOVE = [410.0, 455.0, 390.0, 430.0]
BELOW = [100.0, 108.0, 101.0, 103.0]


def test_a_ratio_of_means_is_the_paired_t_test_of_the_logs():
    expected = stats.ttest_rel(np.log(ABOVE), np.log(BELOW)).confidence_interval(0.95)

    found = ratio_of_means(ABOVE, BELOW)

    assert (log(found.low), log(found.high)) == pytest.approx((expected.low, expected.high))
    assert found.value == pytest.approx(exp(np.mean(np.log(np.divide(ABOVE, BELOW)))))
    assert found.blocks == 4


def test_pairing_takes_out_what_a_block_does_to_both():
    slow_block = [1.0, 0.5, 2.0, 1.3]
    shifted = ratio_of_means(np.multiply(ABOVE, slow_block), np.multiply(BELOW, slow_block))

    assert shifted.low == pytest.approx(ratio_of_means(ABOVE, BELOW).low)


def test_a_mean_over_blocks_has_the_t_interval_of_its_logs():
    expected = stats.ttest_1samp(np.log(ABOVE), 0).confidence_interval(0.95)

    found = geometric_mean(ABOVE)

    assert (log(found.low), log(found.high)) == pytest.approx((expected.low, expected.high))
    assert found.value == pytest.approx(stats.gmean(ABOVE))


def test_one_block_has_a_value_and_no_interval():
    found = geometric_mean([7.0])

    assert found.value == pytest.approx(7.0)
    assert isnan(found.low)
    assert isnan(found.high)


def test_a_stack_that_answered_nothing_in_a_block_has_a_mean_but_no_interval_or_ratio():
    assert geometric_mean([0.0, 10.0]).value == 5.0
    assert isnan(geometric_mean([0.0, 10.0]).low)
    assert isnan(ratio_of_means([0.0, 10.0], [5.0, 5.0]).value)


def test_the_jackknife_is_its_printed_formula_with_the_variance_between_blocks():
    draw = np.random.default_rng(3)
    blocks = [draw.lognormal(size=200 + 10 * i) for i in range(5)]

    def merged_p90(parts: list[np.ndarray]) -> float:
        return float(np.percentile(np.concatenate(parts), 90))

    without = [log(merged_p90(blocks[:i] + blocks[i + 1 :])) for i in range(5)]
    alone = [log(merged_p90([block])) for block in blocks]
    variance = 4 / 5 * sum((each - np.mean(without)) ** 2 for each in without)
    reach = stats.t.ppf(0.975, 4) * sqrt((variance + float(np.var(alone, ddof=1)) / 5) / 2)

    found = jackknife(blocks, merged_p90)

    assert found.value == pytest.approx(merged_p90(blocks))
    assert found.low == pytest.approx(merged_p90(blocks) / exp(reach))
    assert found.high == pytest.approx(merged_p90(blocks) * exp(reach))


def test_the_jackknife_of_a_mean_of_logs_is_the_t_interval():
    logs = [[log(value)] for value in ABOVE]

    found = jackknife(logs, lambda parts: exp(np.mean([value for part in parts for value in part])))

    assert found.low == pytest.approx(geometric_mean(ABOVE).low)
    assert found.high == pytest.approx(geometric_mean(ABOVE).high)


def test_the_jackknife_interval_covers_the_truth_as_often_as_it_says():
    draw = np.random.default_rng(11)
    truth = 1.0
    covered = 0
    for _ in range(400):
        blocks = [draw.lognormal(0, 0.5, 300) * exp(0.1 * draw.standard_normal()) for _ in range(5)]
        found = jackknife(blocks, lambda parts: float(np.median(np.concatenate(parts))))
        covered += found.low <= truth <= found.high

    assert 0.91 <= covered / 400 <= 0.99


def test_two_slow_blocks_that_share_the_tail_do_not_make_the_interval_narrow():
    draw = np.random.default_rng(12)
    blocks = [slow * draw.lognormal(0, 0.2, 1000) for slow in (1, 10, 10, 1, 1)]

    found = jackknife(blocks, lambda parts: float(np.percentile(np.concatenate(parts), 99)))

    assert found.high / found.low > 5


def test_the_noise_floor_is_the_far_end_of_the_a_a_interval_and_needs_three_blocks():
    assert noise_floor(Estimate(0.99, 0.90, 1.05, 3)) == pytest.approx(1 / 0.90)
    assert isnan(noise_floor(Estimate(0.99, 0.90, 1.05, 2)))
    assert isnan(noise_floor(Estimate(nan, nan, nan, 0)))


@pytest.mark.parametrize(
    ("ratio", "untouched", "floor", "verdict", "reason"),
    [
        (Estimate(3.4, 3.1, 4.0, 3), 3, nan, "higher", "excludes 1"),
        (Estimate(0.4, 0.3, 0.5, 3), 3, nan, "lower", "excludes 1"),
        (Estimate(1.1, 0.9, 1.3, 3), 3, nan, "inconclusive", "covers 1"),
        (Estimate(1.01, 0.98, 1.04, 3), 3, nan, "inconclusive", "covers 1"),
        (Estimate(1.01, 0.98, 1.04, 3), 3, 1.05, "indistinguishable", "noise floor"),
        (Estimate(1.02, 1.01, 1.04, 3), 3, 1.05, "indistinguishable", "noise floor"),
        (Estimate(0.97, 0.94, 1.02, 3), 3, 1.05, "inconclusive", "covers 1"),
        (Estimate(1.06, 1.02, 1.10, 3), 3, 1.05, "higher", "excludes 1"),
        (Estimate(3.4, 3.1, 4.0, 3), 2, 1.05, "inconclusive", "fewer than 3 untouched"),
        (Estimate(3.4, nan, nan, 1), 1, nan, "inconclusive", "only one block"),
        (Estimate(nan, nan, nan, 0), 0, nan, "inconclusive", "no block"),
        (Estimate(nan, nan, nan, 3), 3, nan, "inconclusive", "a block has no value"),
    ],
)
def test_a_comparison_says_no_more_than_its_interval(ratio, untouched, floor, verdict, reason):
    found = judge(ratio, untouched, floor)

    assert found.verdict == verdict
    assert reason in found.reason


def test_the_ratio_of_two_runs_is_welchs_unpaired_interval():
    fewer = [98.0, 112.0, 101.0]
    expected = stats.ttest_ind(np.log(ABOVE), np.log(fewer), equal_var=False)

    found = ratio_unpaired(geometric_mean(ABOVE), geometric_mean(fewer))

    assert (log(found.low), log(found.high)) == pytest.approx(expected.confidence_interval(0.95))
    assert found.value == pytest.approx(stats.gmean(ABOVE) / stats.gmean(fewer))
    assert found.blocks == 3


def test_two_runs_of_which_one_has_one_block_have_a_ratio_and_no_interval():
    found = ratio_unpaired(geometric_mean(ABOVE), geometric_mean([100.0]))

    assert found.value == pytest.approx(stats.gmean(ABOVE) / 100)
    assert isnan(found.low)
    assert found.blocks == 1


def test_what_did_not_vary_at_all_has_no_width():
    found = ratio_unpaired(geometric_mean([2.0, 2.0]), geometric_mean([1.0, 1.0]))

    assert (found.low, found.high) == pytest.approx((2.0, 2.0))
