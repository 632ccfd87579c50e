"""A limit of processes that is too low for a run."""

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import LONG_S
from webtrial.errors import LaunchError
from webtrial.measure import process_limit
from webtrial.measure.process_limit import demand_process_limit
from webtrial.run.parameters import read_parameters
from webtrial.run.stacks import load_stacks
from webtrial.run.store import RUNS_FOLDER

FAILED = 2
STACKS = load_stacks()
PARAMETERS = read_parameters({"stacks": ["flask"], "scenarios": ["ping"]})


def _limit_is(monkeypatch: pytest.MonkeyPatch, limit: int, existing: int) -> None:
    monkeypatch.setattr(process_limit, "_raise_limit", lambda: limit)
    monkeypatch.setattr(process_limit, "_existing_threads", lambda: existing)


def test_a_limit_that_is_too_low_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    needed = process_limit._threads_needed(PARAMETERS, 1)
    _limit_is(monkeypatch, needed + 6, existing=7)
    message = rf"`ulimit -u` is {needed + 6} .*, but 7 exist .*: raise it to {needed + 7} "
    with pytest.raises(LaunchError, match=message):
        demand_process_limit(PARAMETERS, [STACKS["flask"]])


def test_a_limit_that_is_just_enough_does(monkeypatch: pytest.MonkeyPatch) -> None:
    _limit_is(monkeypatch, process_limit._threads_needed(PARAMETERS, 1) + 7, existing=7)
    demand_process_limit(PARAMETERS, [STACKS["flask"]])


def test_each_stack_and_each_load_driver_needs_more() -> None:
    more = PARAMETERS.model_copy(update={"workers": 2})
    needed = process_limit._threads_needed
    assert needed(PARAMETERS, 2) - needed(PARAMETERS, 1) > 32
    assert needed(more, 1) > needed(PARAMETERS, 1)


def test_who_has_no_limit_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (40, resource.RLIM_INFINITY))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    assert process_limit._raise_limit() is None


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None,
    reason="only root becomes a user who has no other processes",
)
def test_a_run_below_ulimit_u_40_is_refused_with_the_limit(tmp_path: Path) -> None:
    parameters = tmp_path / "parameters.yaml"
    parameters.write_text("stacks: [flask]\nscenarios: [ping]\n", encoding="utf-8")
    # It may read our files all the same, wherever these tests lie.
    user = ["setpriv", "--reuid=54321", "--clear-groups"]
    user += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    command = [sys.executable, "-m", "webtrial", "run", "--parameters", str(parameters)]
    limited = 'ulimit -u 40; exec "$@"'
    done = subprocess.run(
        [*user, "bash", "-c", limited, "bash", *command],
        env={**os.environ, "HOME": str(tmp_path), RUNS_FOLDER: str(tmp_path / "runs")},
        capture_output=True,
        encoding="utf-8",
        timeout=LONG_S,
        check=False,
    )
    assert done.returncode == FAILED, done.stderr
    assert "webtrial: `ulimit -u` is 40 processes and threads" in done.stderr
