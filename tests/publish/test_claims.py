"""The chapter on the claims: full of a run with everything, honest of one that decides nothing."""

from pathlib import Path
from typing import Any

import pytest

from tests.publish.executing import outputs_of, words_and_figures
from tests.results.test_claims import claimed_run
from tests.synthetic_run import Truth, synthetic_run
from webtrial.results.claims.evaluate import verify
from webtrial.results.claims.facts import counts_of
from webtrial.results.claims.text import count_text, disagreeing_text
from webtrial.run.store import Run

CHAPTER = "5-claims"


def shown(run: Run, name: str = CHAPTER, **given: Any) -> tuple[str, int]:
    """What the executed chapter says, and how many figures it holds."""
    return words_and_figures(outputs_of(name, {"run": run}, **given))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return claimed_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def full(run: Run) -> str:
    text, figures = shown(run, assumed_think_time_s=2.5)
    assert figures == 10  # nine of claims, one of references
    return text


@pytest.mark.parametrize(
    "part",
    [
        "- **Measured performance** (19 statements, 11 independent facts): **",
        "- **Features found by probes** (18 statements): **",
        "- **Choices by our weights** (7 statements): **",
        "| FastAPI / Flask on CRUD |",
        "Every statement has the same verdict as the fact that it states.",
        "calling the sources in turn can by itself take at most",
        "matched stacks: FastAPI, psycopg, plain / Django, raw SQL",
        "lies within a factor of 1.25 of it",
        "think time of a user between two requests is 2.5 s",
        "answered within 100 ms",
        "FastAPI's CRUD throughput is 4.7 times Flask's (8500 / 1800).* **Supported.**",
        "judged by ratios: Django / Flask, crud",
        "at least 500; late (over 100 ms): 0 % at 200/s",
        "FastAPI 8,500/s × 12 ms = 102. The article's table also gives 500, 500 and 5,000",
        "published ratios can be compared with one of ours",
        "Inconclusive in this run:",
    ],
)
def test_a_run_with_everything_has_every_section(full: str, part: str) -> None:
    assert part in full


def test_no_nan_is_shown(full: str) -> None:
    assert "nan" not in full


@pytest.mark.full
def test_the_overview_starts_with_the_number_of_claims_by_verdict(
    run: Run,
) -> None:
    text, _ = shown(run, "0-overview")
    counts = counts_of(verify(run).table)
    positions = [text.index(count_text(count)) for count in counts]
    assert len(positions) == 3
    assert positions == sorted(positions)
    assert text.startswith("The article's claims, by how they can be judged:")


def test_statements_that_differ_from_their_fact_are_named(run: Run) -> None:
    judged = verify(run)
    table = judged.table
    table.loc[table["id"] == "crud-latency-flask", "verdict"] = "inconclusive"
    text = disagreeing_text(judged).text
    assert "FastAPI / Flask on CRUD is " in text
    assert "but crud-latency-flask is inconclusive" in text


def test_a_run_of_one_block_decides_no_claim(tmp_path: Path) -> None:
    medians = {"django": 80.0, "flask": 50.0, "fastapi": 10.0}
    run = synthetic_run(tmp_path, Truth(medians), scenarios=("user_detail", "crud"), blocks=1)
    text, _ = shown(run)
    assert "This run has one block, which gives no interval" in text
    assert "only one block, so there is no interval" in text
    assert "Nothing to draw" in text
    assert "nan" not in text
