"""How far apart the trials of a pair were: computed from when they began."""

from tests.synthetic_run import CLOSED, LATE, Truth, synthetic_run
from webtrial.results.validity.pair_gaps import pair_gaps
from webtrial.results.validity.pair_gaps_text import pair_gaps_text
from webtrial.run.records import Load
from webtrial.stats.pairs import Pair
from webtrial.stats.trials import trials_table

MEDIANS = {"django": 80.0, "flask": 50.0, "fastapi": 10.0}


def a_run(folder, **given):
    return synthetic_run(folder, Truth(MEDIANS, **given), window_s=0.2, blocks=3)


def test_a_gap_lies_between_the_starts_of_both_trials_of_a_block(tmp_path):
    run = a_run(tmp_path)  # trial n begins n seconds after ten o'clock
    numbers = trials_table(run).set_index(["block", "stack"])["number"]
    gaps = pair_gaps(run)

    assert len(gaps) == 3 * 3
    for _, row in gaps.iterrows():
        begun = numbers[row["block"], row["stack"]], numbers[row["block"], row["baseline"]]
        assert row["gap_s"] == abs(begun[0] - begun[1]) > 0


def test_only_pairs_that_are_asked_for_and_trials_that_count_have_a_gap(tmp_path):
    run = a_run(tmp_path, verdicts={(2, "flask"): [LATE]})
    pair = Pair("fastapi", "flask", "as deployed")

    assert sorted(pair_gaps(run, [pair])["block"]) == [1, 3]
    assert pair_gaps(run, []).empty


def test_the_sentence_gives_median_and_range_and_the_cell_that_is_furthest_apart(tmp_path):
    loads = (CLOSED, Load("closed", users=10))
    run = synthetic_run(tmp_path, Truth(MEDIANS), loads=loads, window_s=0.2)
    gaps = pair_gaps(run)["gap_s"]
    said = pair_gaps_text(run).text

    assert said.startswith(
        "Time between the starts of the two trials of a pair:"
        f" {gaps.median():.1f} s (median; {gaps.min():.1f} to {gaps.max():.1f} s); longest in"
        " user detail at 1"
    )
    assert "second" not in said


def test_a_run_without_pairs_says_nothing(tmp_path):
    run = synthetic_run(tmp_path, Truth({"flask": 50.0}), window_s=0.2)

    assert pair_gaps_text(run).text == ""


def test_one_cell_is_not_named_beside_itself(tmp_path):
    run = synthetic_run(tmp_path, Truth(MEDIANS), window_s=0.2, blocks=1)

    assert "most in" not in pair_gaps_text(run).text
