"""Synthetic runs, each made once: the truth behind them is in `tests.synthetic_run`."""

from dataclasses import replace

import pandas as pd
import pytest

from tests.results.claimed import claimed_run
from tests.synthetic_run import (
    CLOSED,
    LATE,
    OPEN,
    OWN,
    SLOW_TO_FAST,
    STOLEN,
    VALID,
    synthetic_run,
)
from webtrial.results.claims.evaluate import Verification, verify
from webtrial.run.store import Run
from webtrial.stats.ratios import ratio_table

SCENARIOS = ("user_detail", "product_search", "dashboard")


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Three undisturbed blocks of six stacks, with A/A."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return synthetic_run(folder, scenarios=SCENARIOS, loads=(CLOSED, OPEN, OWN), aa_stack="flask")


@pytest.fixture(scope="session")
def disturbed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Four blocks: Flask repeated in block 1, Django suspect in 1 and 2, FastAPI invalid in 3."""
    verdicts = {
        (1, "flask"): (STOLEN, VALID),
        (1, "django"): (STOLEN, STOLEN, STOLEN),
        (2, "django"): (STOLEN, STOLEN, STOLEN),
        (3, "fastapi"): (LATE,),
    }
    folder = tmp_path_factory.mktemp("disturbed")
    return synthetic_run(folder, replace(SLOW_TO_FAST, verdicts=verdicts), blocks=4)


@pytest.fixture(scope="session")
def one_block(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """What profile `smoke` makes: one block."""
    folder = tmp_path_factory.mktemp("one_block")
    return synthetic_run(folder, scenarios=("user_detail", "dashboard"), blocks=1)


@pytest.fixture(scope="session")
def ratios(run: Run) -> pd.DataFrame:
    """`ratio_table` of the undisturbed run."""
    return ratio_table(run)


@pytest.fixture(scope="session")
def claimed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run whose truth is what the article claims."""
    return claimed_run(tmp_path_factory.mktemp("as_claimed"))


@pytest.fixture(scope="session")
def judged(claimed: Run) -> Verification:
    """Every claim judged on it."""
    return verify(claimed)
