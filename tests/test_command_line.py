"""The command line: messages instead of tracebacks, exit codes, and nothing left behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import webtrial
from webtrial.runs import RUNS

FAILED, INTERRUPTED = 2, 130
PATIENCE_S = 120
LONG = """
profile: long
stacks: [flask]
scenarios: [ping]
common_fractions: []
closed_users: [1]
duration_s: 300
"""


def _webtrial(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "webtrial", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--profile", "nope"), "no profile 'nope'; there are"),
        (("run", "-p", "blocks", "-1"), "blocks = -1"),
        (("run", "-p", "sed", "7"), "sed: unknown"),
        (("run", "-p", "stacks", "[rails]"), "no such stack: rails"),
        (("run", "-p", "stacks", "[rails"), "'[rails' is not YAML"),
        (("run", "--parameters", "nowhere.yaml"), "nowhere.yaml cannot be read"),
        (("report", "--profile", "nope"), "no profile 'nope'"),
        (("report", "--run", "nowhere"), "nowhere is not a run"),
        (("bench", "scale", "--samples", "5"), "--samples 5: ask for 1,000 or more"),
        (("bench", "--samples", "1000000000000000"), "ask for fewer by --samples"),
    ],
)
def test_what_is_wrong_is_said_in_one_message(arguments: tuple[str, ...], said: str) -> None:
    done = _webtrial(*arguments)
    assert done.returncode == FAILED
    assert done.stderr.startswith("webtrial: ")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_without_parameters_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "list.yaml"
    file.write_text("- 1\n- 2\n")
    done = _webtrial("run", "--parameters", str(file))
    assert done.returncode == FAILED
    assert "holds no parameters" in done.stderr


def test_every_name_that_notebooks_may_use_is_there() -> None:
    assert [name for name in webtrial.__all__ if getattr(webtrial, name) is None] == []


def test_a_name_that_notebooks_may_not_use_is_said_to_be_none() -> None:
    with pytest.raises(AttributeError, match="webtrial has no 'nonsense'; there are"):
        webtrial.nonsense  # noqa: B018


@pytest.fixture
def runs_kept_clean() -> Iterator[set[Path]]:
    """The runs that were there; those that a test made are removed after it."""
    before = set(RUNS.glob("*"))
    yield before
    for path in set(RUNS.glob("*")) - before:
        shutil.rmtree(path)


def _started(command: list[str]) -> subprocess.Popen[str]:
    """A command with its descendants: in a session of its own, as a terminal would have it."""
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            start_new_session=True)  # fmt: skip


def _descendants_once(process: subprocess.Popen[str], name: str) -> list[psutil.Process]:
    """All processes below `process` as soon as one of them is called `name`."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        below = psutil.Process(process.pid).children(recursive=True)
        if any(_is_called(each, name) for each in below):
            return below
        time.sleep(0.1)
    raise AssertionError(f"no {name} below: {process.stdout and process.stdout.read()}")


def _is_called(process: psutil.Process, name: str) -> bool:
    try:
        return name in process.name() or any(name in word for word in process.cmdline())
    except psutil.Error:
        return False


def _are_gone(processes: list[psutil.Process], within_s: float) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=within_s)
    return not [each for each in alive if each.status() != psutil.STATUS_ZOMBIE]


def test_after_an_interruption_the_run_is_kept_and_nothing_remains(
    tmp_path: Path, runs_kept_clean: set[Path]
) -> None:
    file = tmp_path / "long.yaml"
    file.write_text(LONG)
    process = _started([sys.executable, "-m", "webtrial", "run", "--parameters", str(file)])
    below = _descendants_once(process, "gunicorn")
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == INTERRUPTED
    assert _are_gone(below, within_s=5)
    (made,) = set(RUNS.glob("*")) - runs_kept_clean
    assert json.loads((made / "manifest.json").read_text())["state"] == "interrupted"


def test_when_the_report_is_killed_nothing_remains(
    tmp_path: Path, runs_kept_clean: set[Path]
) -> None:
    command = [sys.executable, "-m", "webtrial", "report", "--profile", "smoke"]
    process = _started([*command, "--into", str(tmp_path)])
    below = _descendants_once(process, "gunicorn")
    below += psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert _are_gone(list(set(below)), within_s=5)


def test_an_interrupted_report_ends_its_run_in_order(
    tmp_path: Path, runs_kept_clean: set[Path]
) -> None:
    command = [sys.executable, "-m", "webtrial", "report", "--profile", "smoke"]
    process = _started([*command, "--into", str(tmp_path)])
    below = _descendants_once(process, "gunicorn")
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == INTERRUPTED
    assert _are_gone(below, within_s=5)
    (made,) = set(RUNS.glob("*")) - runs_kept_clean
    assert json.loads((made / "manifest.json").read_text())["state"] == "interrupted"


def test_serve_shows_three_services_and_stops_them_all() -> None:
    process = _started([sys.executable, "-m", "webtrial", "serve"])
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line.strip())
        if "Ctrl-C" in line:
            break
    said = "\n".join(lines)
    below = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == INTERRUPTED
    assert _are_gone(below, within_s=5)
    assert said.count("/docs") >= 3
    for part in ("Django", "Flask", "FastAPI", "/admin/", "Sign in as account001 with "):
        assert part in said
