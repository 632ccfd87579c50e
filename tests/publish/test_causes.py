"""The chapter on where the time goes: full of a run with everything, short of one without."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.publish.executing import outputs_of, words_and_figures
from tests.results.test_figures_of_causes import EXTRA_STACKS, MOVING, SCENARIOS, STACKS
from tests.synthetic_run import CLOSED, HELD, OPEN, Truth, synthetic_run
from webtrial.run.records import Load
from webtrial.run.store import Run

CHAPTER = "4-where-the-time-goes"
SEARCHING = ("fastapi-gather", "flask-no-index", "fastapi-no-index")


def shown(run: Run, **given: Any) -> tuple[str, int]:
    """What the executed chapter says, and how many figures it holds."""
    return words_and_figures(outputs_of(CHAPTER, {"run": run}, **given))


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("full")
    truth = Truth(dict.fromkeys([*STACKS, *MOVING, *SEARCHING, "bare"], 40.0))
    run = synthetic_run(
        folder,
        truth,
        scenarios=("ping", *SCENARIOS, "product_search"),
        loads=(CLOSED, Load("closed", users=10), OPEN, HELD, replace(HELD, idle=200)),
        window_s=2,
        extra_stacks={**EXTRA_STACKS, "product_search": SEARCHING},
    )
    said, figures = shown(run, p99_limit_ms=7.5)
    # attributions, times, fan-out, connections, sweeps, migration
    assert figures == 2 + 1 + 1 + 1 + 4 + 1
    return said


@pytest.mark.parametrize(
    "part",
    [
        "times the CPU time of the bare server",
        "Every path from Django to FastAPI",
        "measured stacks lead from Flask to FastAPI",
        "pairs of stacks that differ in the framework",
        "Stacks as deployed: mean response time",
        "Response time beyond the formula",
        "Shortest measured delay of a source",
        "4 sources take 4 times as long",
        "Dashboard at 100 users, first over second",
        "FastAPI, aiohttp / FastAPI",
        "Flask, no index / Flask",
        "FastAPI, gather / FastAPI",
        "With a pool of threads in each request: Django",
        "KiB each",
        "The article's numbers: Django 500, FastAPI 5,000 or more, Flask 500.",
        "With 200 idle connections open, these shares of the other requests were answered: Django",
        "Flask to FastAPI, half / FastAPI",
        "users, products and catalog have moved",
    ],
)
def test_a_run_with_everything_has_every_section(full: str, part: str) -> None:
    assert part in full


def test_a_run_without_says_so_once_in_each_section(tmp_path: Path) -> None:
    medians = {"django": 80.0, "flask": 50.0, "fastapi": 10.0}
    run = synthetic_run(tmp_path, Truth(medians), scenarios=("user_detail", "crud"), blocks=1)
    said, figures = shown(run)
    lacks = [line for line in said.splitlines() if line.startswith("*")]

    assert figures == 2 + 1
    assert said.count("change together and cannot be separated") == 2
    assert len(set(lacks)) == len(lacks) == 10
    assert "nan" not in said
