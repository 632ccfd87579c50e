"""A report published once for all tests of this folder, from a run of known distributions."""

import json
from pathlib import Path

import pytest

from tests.synthetic_run import (
    CLOSED,
    HELD,
    LATE,
    OPEN,
    OWN,
    SLOW_TO_FAST,
    STOLEN,
    VALID,
    synthetic_run,
    vouch_for,
)
from webtrial.publish.front import Front, front_of
from webtrial.publish.report import report_of_run
from webtrial.run.store import SAMPLE, Run, open_run

SCENARIOS = ("user_detail", "product_search", "dashboard")


@pytest.fixture(scope="session")
def run_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("runs of a {braced} name")
    truth = SLOW_TO_FAST.__class__(
        SLOW_TO_FAST.median_ms,
        verdicts={
            (0, "flask"): [STOLEN],
            (2, "django"): [STOLEN, VALID],
            (1, "flask", "user_detail"): [LATE],
        },
    )
    loads = (CLOSED, OPEN, OWN, HELD)
    run = synthetic_run(runs, truth, scenarios=SCENARIOS, loads=loads, window_s=0.5, pilot=True)
    manifest = run.path / "manifest.json"
    told = json.loads(manifest.read_text())
    told["machine"] = {"cores": 2, "processor": "Example <CPU>", "memory_gib": 8.0}
    told["versions"] = {"PostgreSQL": "18.6"}
    manifest.write_text(json.dumps(told))
    vouch_for(run.path)
    return run.path


@pytest.fixture(scope="session")
def sample() -> Run:
    """The run that comes with the project, with all that tests have found out about it."""
    return open_run(SAMPLE)


@pytest.fixture(scope="session")
def published_front(run_path: Path) -> Front:
    """What stands before the chapters of that report."""
    return front_of(open_run(run_path))


@pytest.fixture(scope="session")
def published(run_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of that run."""
    folder = tmp_path_factory.mktemp("published")
    report_of_run(str(run_path), lambda _: None, folder)
    return folder
