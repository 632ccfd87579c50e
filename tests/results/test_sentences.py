"""Numbers and findings in words: what is said follows from the verdict."""

import re
from math import nan

import pandas as pd
import pytest

from tests.synthetic_run import LATE, SLOW_TO_FAST, STACKS, Truth, synthetic_run
from webtrial.results.base import formatting as phrases
from webtrial.results.base.ratio_labels import labelled_ratios
from webtrial.results.dashboard.text import dashboard_figure_text
from webtrial.results.overview.findings import main_findings, sentence
from webtrial.results.overview.key_findings import ratio_findings
from webtrial.results.overview.tables import scoreboard_table
from webtrial.results.overview.text import answer_text
from webtrial.results.throughput.text import ratios_figure_text, throughput_figure_text
from webtrial.results.validity.gates import validity_table, verdict_table
from webtrial.results.validity.text import reasons_figure_text
from webtrial.stats.estimates import at_main_load, throughput_table
from webtrial.stats.ratios import ratio_table


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (2.41, 3.38, "2.4–3.4"),
        (1.0004, 1.2027, "1.00–1.20"),
        (1.02, 1.31, "1.02–1.31"),
        (0.964, 0.996, "0.964–0.996"),
        (0.12, 7.5, "0.1–7.5"),
        (1134.0, 1334.0, "1,130–1,330"),
        (95.0, 160.0, "95–160"),
        (1.05112, 1.05371, "1.051–1.054"),
        (-1.2, 11.0, "-1–11"),
        (2.0, 2.0, "2.0–2.0"),
        (0.0, 0.0, "0–0"),
        (nan, 1.0, "–"),
    ],
)
def test_the_digits_of_an_interval_follow_from_its_width(low, high, text):
    assert phrases.interval(low, high) == text


def test_an_estimate_has_the_digits_of_its_interval():
    assert phrases.with_interval(1.0969, 1.0004, 1.2027) == "1.10 (1.00–1.20)"
    assert phrases.with_interval(2.876, 2.41, 3.38) == "2.9 (2.4–3.4)"
    assert phrases.with_interval(2.876, nan, nan) == "2.9"
    assert phrases.with_interval(nan, nan, nan) == "–"


@pytest.mark.parametrize(
    ("value", "text"),
    [(8123.0, "8,100"), (0.0123, "0.012"), (3.14, "3.1"), (0.0, "0"), (nan, "–"), (9.96, "10")],
)
def test_numbers_have_two_significant_digits(value, text):
    assert phrases.number(value) == text


def test_names_are_listed_as_people_do():
    assert phrases.listed(["a"]) == "a"
    assert phrases.listed(["a", "b", "c"]) == "a, b and c"
    assert phrases.listed([]) == ""


ROW = {
    "scenario": "user_detail",
    "load": "100 users",
    "metric": "throughput",
    "stack": "fastapi",
    "baseline": "flask",
    "ratio": 3.4,
    "low": 3.1,
    "high": 4.0,
    "blocks": 3,
    "failed": 0.0,
    "failed_baseline": 0.0,
    "verdict": "higher",
    "reason": "the interval excludes 1",
    "differs": "driver, server",
}


def test_a_finding_names_ratio_interval_and_blocks():
    assert sentence(ROW, STACKS) == (
        "user detail, 100 users: FastAPI served 3.4 times as many requests per second as Flask"
        " (95 % interval 3.1–4.0, 3 blocks). They also differ in driver, server."
    )


def test_the_larger_side_is_named_first():
    row = ROW | {"ratio": 0.5, "low": 0.4, "high": 0.625, "verdict": "lower"}

    assert "Flask served 2.0 times" in sentence(row, STACKS)
    assert "1.6–2.5" in sentence(row, STACKS)


@pytest.mark.parametrize("verdict", ["inconclusive", "indistinguishable"])
def test_undecided_findings_start_with_their_verdict(verdict):
    row = ROW | {"verdict": verdict, "reason": "for this reason"}

    assert sentence(row, STACKS).startswith(f"user detail, 100 users: {verdict}: ")
    assert "for this reason" in sentence(row, STACKS)


def test_a_pair_without_a_ratio_gives_its_reason():
    row = ROW | {"ratio": nan, "low": nan, "high": nan, "reason": "too few", "metric": "p99"}

    assert "too few" in sentence(row, STACKS)
    assert "times" not in sentence(row, STACKS)


def test_one_block_gives_no_interval_and_no_verdict(one_block):
    findings = main_findings(one_block)

    assert len(findings) > 0
    assert all("one block: no interval, no verdict" in each for each in findings["sentence"])


def test_a_pair_with_one_usable_block_in_a_run_of_three_is_inconclusive(tmp_path):
    medians = {name: SLOW_TO_FAST.median_ms[name] for name in ("django", "flask", "fastapi")}
    truth = Truth(medians, verdicts={(1, "fastapi"): (LATE,), (2, "fastapi"): (LATE,)})
    run = synthetic_run(tmp_path, truth)
    ratios = ratio_table(run)
    findings = main_findings(run, ratios, ("throughput",)).set_index(["stack", "baseline"])
    said = findings.loc[("fastapi", "flask"), "sentence"]
    title = throughput_figure_text(at_main_load(throughput_table(run)), ratios).title

    assert said.startswith("user detail, 100 users: inconclusive: ")
    (deployed, _) = ratio_findings(run, ratios)
    assert "FastAPI and Flask: undecided on user detail" in deployed
    assert "**FastAPI** served" not in deployed
    assert "FastAPI" not in title


def test_the_answer_of_a_single_stack_says_that_nothing_is_compared(tmp_path):
    run = synthetic_run(tmp_path, Truth({"flask": 20.0}), blocks=1)

    said = answer_text(run, ratio_table(run)).text
    assert said == "No two stacks have usable trials in the same scenario at the same load."


def test_a_title_counts_only_leads_that_are_decided(run, ratios, disturbed):
    def title(of, compared):
        return throughput_figure_text(at_main_load(throughput_table(of)), compared).title

    decided = title(run, ratios)
    assert decided == "As deployed, most requests per second: FastAPI in 3 of 3 scenarios"
    assert title(disturbed, ratio_table(disturbed)).startswith("No stack is shown to serve more")


def test_a_stack_whose_trial_is_invalid_is_not_beaten_by_absence(one_block):
    estimates = at_main_load(throughput_table(one_block)).query("scenario == 'dashboard'")
    ratios = ratio_table(one_block).query("scenario == 'dashboard'")
    without = ratios[(ratios["stack"] != "fastapi") & (ratios["baseline"] != "fastapi")]

    assert (
        "requests per second: FastAPI in dashboard"
        in throughput_figure_text(estimates, ratios).title
    )
    assert throughput_figure_text(estimates, without).title.startswith("No stack")


def test_alternative_text_holds_the_numbers(run, ratios):
    table = labelled_ratios(run, at_main_load(ratios), "throughput")
    alt = ratios_figure_text(table, 0).alt

    assert all(row["label"] in alt for row in table.to_dict("records"))


def test_verdicts_are_counted_in_the_title(disturbed):
    title = reasons_figure_text(verdict_table(disturbed), validity_table(disturbed)).title

    assert title == "Of 24 trials, 21 are valid, 2 suspect and 1 invalid, after 29 attempts"


def test_a_dashboard_is_faster_than_its_upstreams_only_with_its_whole_interval():
    parts = pd.DataFrame(
        {
            "scenario": "dashboard",
            "load": "100 users",
            "title": ["Flask", "FastAPI"],
            "response_ms": [40.0, 25.0],
            "low": [30.0, 22.0],
            "high": [53.0, 28.0],
            "blocks": 3,
            "suspect_blocks": 0,
            "in_turn_ms": 43.0,
            "slowest_ms": 22.0,
        }
    )
    one_block = parts.assign(low=nan, high=nan, blocks=1)

    assert dashboard_figure_text(parts, 0).title.endswith("in turn (43 ms): FastAPI at 100 users")
    assert "every stack at 100 users (one block" in dashboard_figure_text(one_block, 0).title


def test_no_stack_is_named_fastest_without_its_failures(tmp_path):
    medians = {name: SLOW_TO_FAST.median_ms[name] for name in ("django", "fastapi")}
    truth = Truth(medians, refused=0.05)
    run = synthetic_run(tmp_path, truth)
    ratios, rates = ratio_table(run), throughput_table(run)
    share = rates.set_index("stack")["error_fraction"]["fastapi"]
    title = throughput_figure_text(at_main_load(rates), ratios).title

    assert share == pytest.approx(0.05, abs=0.01)
    assert f"; {100 * share:.1f} % of FastAPI's requests failed in user detail" in title
    for text in (main_findings(run, ratios)["sentence"].iloc[0], ratio_findings(run, ratios)[0]):
        assert re.search(r" [45]\.\d % of FastAPI's requests failed in user detail\.", text)
    board = scoreboard_table(run, ratios)
    assert board.cells()[0][-2].endswith(" !")
    assert "! = over 1% of a stack's requests failed" in board.caption


def test_failures_below_one_in_a_hundred_need_no_mention(run, ratios):
    assert "failed" not in answer_text(run, ratios).text
    assert "!" not in scoreboard_table(run, ratios).markdown()


@pytest.mark.parametrize(
    ("fraction", "text"), [(0.0, "0 %"), (0.0004, "< 0.1 %"), (0.032, "3.2 %"), (nan, "–")]
)
def test_a_small_share_is_never_rounded_to_none(fraction, text):
    assert phrases.percent(fraction) == text
