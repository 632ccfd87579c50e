"""A run for somebody who has settings of their own for PostgreSQL, git, proxies and the locale."""

import os
import subprocess
import sys

import pytest

from tests.environment.user_settings import ASCII_LOCALE, OF_POSTGRESQL
from tests.waiting import LONG_S
from webtrial.measure.provenance import commit
from webtrial.run.store import RUNS_FOLDER, Run, open_run

PARAMETERS = """\
# Prüfstand – Größe ½
stacks: [flask]
scenarios: [ping]
closed_users: [2]
common_fractions: []
blocks: 1
warmup_s: 0.1
duration_s: 0.5
repeats: 0
"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("Prüfstand")
    (folder / "parameters.yaml").write_text(PARAMETERS, encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", folder / "other"], check=True)
    settings = OF_POSTGRESQL | ASCII_LOCALE | {"GIT_DIR": str(folder / "other" / ".git")}
    settings |= {"HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"}
    without = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "-m", "webtrial", "run", "--parameters", folder / "parameters.yaml"],
        env={**without, **settings, RUNS_FOLDER: str(folder / "runs")},
        capture_output=True,
        timeout=LONG_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return open_run(done.stdout.decode().strip())


def test_it_reaches_a_postgresql_of_its_own(measured: Run) -> None:
    assert measured.manifest.state == "finished"
    assert measured.manifest.versions["PostgreSQL"][0].isdigit()
    assert len(measured.trials) == 1


def test_it_is_found_where_it_was_asked_for_in_utf_8(measured: Run) -> None:
    assert "Prüfstand" in str(measured.path)


def test_it_was_measured_with_our_commit(measured: Run) -> None:
    assert measured.manifest.git["commit"] == commit()["commit"]
