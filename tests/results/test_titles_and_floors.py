"""Titles and sentences of comparisons say what is decided, and what is not."""

import pytest

from tests.synthetic_run import SLOW_TO_FAST, Truth, synthetic_run
from webtrial.results.base.ratio_labels import labelled_ratios
from webtrial.results.throughput.text import ratios_figure_text
from webtrial.results.validity import text as validity_text
from webtrial.results.validity.text import noise_floor_text
from webtrial.run.store import Run
from webtrial.stats.ratios import ratio_table


def title_of(run: Run, metric: str = "throughput") -> str:
    return ratios_figure_text(labelled_ratios(run, ratio_table(run), metric), 0).title


@pytest.fixture(scope="module")
def with_aa(tmp_path_factory: pytest.TempPathFactory) -> Run:
    truth = Truth({"flask": 50.0, "fastapi": 42.0}, noise=0.02)
    folder = tmp_path_factory.mktemp("again")
    return synthetic_run(folder, truth, blocks=5, aa_stack="flask", window_s=0.5)


def test_factors_are_those_of_decided_comparisons(tmp_path) -> None:
    truth = Truth({"django": 50.0, "flask": 50.0, "fastapi": 10.0}, noise=0.05)
    run = synthetic_run(tmp_path, truth)
    rows = ratio_table(run)
    rows = rows[rows["metric"] == "throughput"].set_index("baseline")

    assert (rows["verdict"] == "inconclusive").sum() == 1
    assert title_of(run).startswith(
        "Stacks differ in requests per second by these factors: as deployed "
    )
    assert title_of(run).endswith("; 1 of 3 comparisons is undecided")
    assert " 1.0" not in title_of(run)  # that of the two that are alike


def test_without_a_decided_comparison_no_two_stacks_differ(tmp_path) -> None:
    truth = Truth({"django": 50.0, "flask": 50.0}, noise=0.1)
    run = synthetic_run(tmp_path, truth)

    assert title_of(run) == "No two stacks are shown to differ in requests per second"


def test_all_decided_leaves_nothing_to_add(tmp_path) -> None:
    run = synthetic_run(tmp_path, Truth({"django": 80.0, "flask": 40.0}, noise=0.01))

    assert "undecided" not in title_of(run)


def test_one_block_gives_all_factors_without_a_verdict(tmp_path) -> None:
    run = synthetic_run(tmp_path, SLOW_TO_FAST, blocks=1)

    assert "undecided" not in title_of(run)
    assert title_of(run).endswith("(one block: no interval, no verdict)")


def test_the_noise_floor_is_the_end_of_the_interval(with_aa) -> None:
    said = noise_floor_text(with_aa).text

    assert said.startswith("Noise floor: the interval of a stack over itself extends up to")
    assert "indistinguishable if its whole interval lies within the noise floor" in said


def test_decided_comparisons_within_the_floor_are_counted(with_aa, monkeypatch) -> None:
    table = ratio_table(with_aa)
    (decided,) = table[table["metric"] == "throughput"]["verdict"]
    assert decided == "higher"
    assert "decided comparison" not in noise_floor_text(with_aa).text

    monkeypatch.setattr(validity_text, "ratio_table", lambda run: table.assign(floor=1.5))
    said = noise_floor_text(with_aa).text
    assert "Of 1 decided comparison, 1 has a ratio within the noise floor" in said
