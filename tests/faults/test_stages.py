"""Ctrl-C, once and twice, whatever is being done; and make, or the notebook's kernel, killed."""

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from tests.counted import injected
from tests.faults.under_way import SMALL, UnderWay, kill, measuring, resuming
from webtrial.run.store import SAMPLE
from webtrial.system.process_tree import runs

pytestmark = pytest.mark.xdist_group("measuring")

FAILED, INTERRUPTED = 2, 130
REPOSITORY = Path(__file__).parent.parent.parent
TWICE_WITHIN_S = 0.3

STAGES = {
    "starting PostgreSQL": "starting PostgreSQL",
    "filling the database": "filling the database",
    "starting services": "starting 2 stacks",
    "comparing responses": "comparing the responses",
}
MOMENTS = [
    pytest.param("comparing responses", 1),
    pytest.param("comparing responses", 2),
    *(
        pytest.param(stage, times, marks=pytest.mark.soak)
        for stage in STAGES
        for times in (1, 2)
        if stage != "comparing responses"
    ),
]
"""While it measures: test_processes."""


def interrupt(under_way: UnderWay, times: int) -> None:
    for _ in range(times):
        with suppress(ProcessLookupError):  # it has ended after the first
            os.killpg(under_way.process.pid, signal.SIGINT)  # as a terminal does
        time.sleep(TWICE_WITHIN_S)


@pytest.mark.full
@pytest.mark.parametrize(("stage", "times"), MOMENTS)
def test_ctrl_c_ends_a_run_at_any_stage_and_it_can_be_gone_on_with(
    tmp_path: Path, stage: str, times: int
) -> None:
    with measuring(tmp_path, parameters=SMALL) as under_way:
        under_way.wait_until(lambda: STAGES[stage] in under_way.said, stage)
        interrupt(under_way, times)
        assert under_way.end() == INTERRUPTED
        run = under_way.the_run()
    assert run.manifest.state == "interrupted"
    assert run.damage == {}
    there = [trial.planned.number for trial in run.trials]
    assert there == [*range(1, len(there) + 1)]  # none, unless the stage was seen late
    with resuming(tmp_path, run) as under_way:
        under_way.wait_until(lambda: under_way.numbers() > {*there}, "another trial")
    injected(f"Ctrl-C {'twice' if times == 2 else 'once'} while {stage}")


@pytest.mark.full
@pytest.mark.parametrize("part", ["supervisor", "experiment"])
def test_a_migration_does_not_outlive_who_started_it(tmp_path: Path, part: str) -> None:
    with measuring(tmp_path, parameters=SMALL | {"stacks": ["django"]}) as under_way:
        under_way.wait_for("migration")
        kill(under_way.wait_for(part))
        assert under_way.end() == FAILED
        assert "the experiment ended unexpectedly" in under_way.said
        assert under_way.the_run().damage == {}
    injected(f"kill -9 of the {part} while a stack migrates")


@contextmanager
def publishing(folder: Path) -> Iterator[UnderWay]:
    """The sample being published, as far as its first kernel."""
    command = [sys.executable, "-m", "webtrial", "publish", str(SAMPLE)]
    into = str(folder / "dist")
    with measuring(folder, "--into", into, parameters=None, command=command) as under_way:
        under_way.wait_until(lambda: "executing" in under_way.said, "execution of a chapter")
        under_way.wait_until(lambda: _has_kernel(under_way), "kernel")
        yield under_way


@pytest.mark.soak
@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_ends_publishing_and_leaves_nothing(tmp_path: Path, times: int) -> None:
    with publishing(tmp_path) as under_way:
        interrupt(under_way, times)
        assert under_way.end() == INTERRUPTED
        assert "Traceback" not in under_way.said
    injected(f"Ctrl-C {'twice' if times == 2 else 'once'} while publishing")


@pytest.mark.soak
def test_publishing_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    with publishing(tmp_path) as under_way:
        under_way.process.kill()
        assert under_way.end() == -signal.SIGKILL
    injected("kill -9 while publishing")


def _has_kernel(under_way: UnderWay) -> bool:
    return any(map(_is_forked_kernel, under_way.look()))


def _is_forked_kernel(process: psutil.Process) -> bool:
    """One that publishes: it has the words of the process that it was forked from."""
    try:
        words, parent = process.cmdline(), process.parent()
        preloaded = any("webtrial.publish.preloaded" in word for word in words)
        return preloaded and parent is not None and parent.cmdline() == words
    except psutil.Error:
        return False


def _is_kernel(process: psutil.Process) -> bool:
    try:
        return runs(process) and any("ipykernel_launcher" in word for word in process.cmdline())
    except psutil.Error:
        return False


# --- what stands above a run


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the checkout with the same installation."""
    ignored = shutil.ignore_patterns(".git", ".venv", "runs", "dist", "sample", "__pycache__")
    copy = tmp_path / "a checkout"
    shutil.copytree(REPOSITORY, copy, ignore=ignored)
    (copy / ".venv").symlink_to(Path(sys.prefix))
    for name in ("requirements.txt", "requirements-dev.txt", "pyproject.toml"):
        os.utime(copy / name, (0, 0))  # nothing is to be installed from here
    return copy


def kill_make(under_way: UnderWay) -> None:
    under_way.process.kill()


def kill_kernel(under_way: UnderWay) -> None:
    kernel = next(filter(_is_kernel, under_way.look()))
    kernel.kill()


@pytest.mark.full
@pytest.mark.parametrize(
    ("hit", "code", "fault"),
    [
        (kill_make, -signal.SIGKILL, "kill -9 of make"),
        pytest.param(
            *(kill_kernel, FAILED, "kill -9 of the notebook's kernel"), marks=pytest.mark.soak
        ),
    ],
)
def test_a_report_ends_with_what_it_was_started_by_or_runs_in(
    checkout: Path, hit: Callable[[UnderWay], None], code: int, fault: str
) -> None:
    command = ["make", "-C", str(checkout), "report", "PROFILE=smoke"]
    fresh = {name: "" for name in os.environ if name.startswith("MAKE") or name == "MFLAGS"}
    with measuring(
        checkout.parent, parameters=None, command=command, environment=fresh
    ) as under_way:
        under_way.wait_for("driver")
        hit(under_way)
        assert under_way.end() == code
        assert code != FAILED or "resume the run with --resume" in under_way.said, under_way.said
        run = under_way.the_run()
    assert run.damage == {}
    assert run.manifest.state in ("running", "interrupted", "failed")
    injected(fault)
