"""The chapter on the claims: full of a run with everything, honest of one that decides nothing."""

from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.analyse.test_claims import claimed_run
from tests.synthetic_run import Truth, synthetic_run
from webtrial.analyse.claims.evaluate import verify
from webtrial.analyse.claims.verdicts import VERDICTS
from webtrial.publish.execute import execute
from webtrial.runs import Run

CHAPTER = "5-claims"


def shown(folder: Path, run: Path, name: str = CHAPTER, **given: Any) -> tuple[str, int]:
    """What the executed chapter says, and how many figures it holds."""
    path = execute(name, folder, {"run": str(run), **given})
    cells = nbformat.read(path, as_version=4).cells
    outputs = [output.data for cell in cells for output in cell.get("outputs", [])]
    figures = [data for data in outputs if "image/svg+xml" in data]
    texts = [data.get("text/markdown", data["text/plain"]) for data in outputs]
    return "\n".join(texts), len(figures)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return claimed_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def full(run: Run, tmp_path_factory: pytest.TempPathFactory) -> str:
    said, figures = shown(tmp_path_factory.mktemp("full"), run.path, think_time_s=2.5)
    assert figures == 10  # nine of claims, one of references
    return said


@pytest.mark.parametrize(
    "part",
    [
        "Of the article's 46 claims: **",
        "is *about* right within a factor of 1.25",
        "thinks for 2.5 s between two requests",
        "FastAPI's CRUD throughput is 4.7 times Flask's (8500 / 1800).* **Supported.**",
        "judged by ratios: Django / Flask, crud",
        "at least 500: at 200/s",
        "8,500/s × 12 ms = 102 in flight",
        "published ratios can be set beside one of ours",
        "Inconclusive in this run:",
    ],
)
def test_a_run_with_everything_has_every_section(full: str, part: str) -> None:
    assert part in full


def test_no_number_is_left_that_is_none(full: str) -> None:
    assert "nan" not in full


def test_the_overview_opens_with_how_many_claims_came_out_in_which_way(
    run: Run, tmp_path: Path
) -> None:
    said, _ = shown(tmp_path, run.path, "0-overview")
    counts = verify(run).table["verdict"].value_counts()
    told = [f"**{counts[verdict]}** {verdict}" for verdict in VERDICTS if verdict in counts]
    assert said.startswith("Of the article's 46 claims: ")
    assert all(text in said for text in told)


def test_a_run_of_one_block_says_that_it_decides_nothing(tmp_path: Path) -> None:
    medians = {"django": 80.0, "flask": 50.0, "fastapi": 10.0}
    run = synthetic_run(tmp_path, Truth(medians), scenarios=("user_detail", "crud"), blocks=1)
    said, _ = shown(tmp_path, run.path)
    assert "This run has one block: no interval, and no verdict" in said
    assert "no replication: one block, no interval" in said
    assert "Nothing to draw" in said
    assert "nan" not in said
