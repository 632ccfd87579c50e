"""A terminal that is closed: the run says so, and everything has ended."""

import fcntl
import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.test_command_line import LONG, Started, _kill, _left_of, _signal, started
from tests.waiting import LONG_S
from webtrial.run.store import RUNS_FOLDER
from webtrial.system.interruption import HangUp, hang_up_raised, signal_of

HUNG_UP = 128 + signal.SIGHUP


@pytest.fixture(autouse=True)
def _hanging_up_is_heard() -> Iterator[None]:
    """nohup has what it starts ignore SIGHUP, and these inherit that."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def take_terminal() -> None:
    """Make standard input the controlling terminal of a session that has just begun."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def on_terminal(folder: Path, *arguments: str) -> Iterator[tuple[Started, int]]:
    """A command on a terminal of its own, which closes with the descriptor."""
    ours, theirs = os.openpty()
    with (folder / "said").open("wb"):
        process = subprocess.Popen(
            [sys.executable, "-m", "webtrial", *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=os.environ | {RUNS_FOLDER: str(folder / "runs")},
            start_new_session=True,
            preexec_fn=take_terminal,  # noqa: PLW1509 - only a system call happens in it
        )
    os.close(theirs)
    command = Started(process, folder, set())
    try:
        yield command, ours
    finally:
        _kill(command)


def await_postgresql(command: Started, terminal: int) -> None:
    """Return once PostgreSQL starts; what is written meanwhile is read, so that there is room."""
    os.set_blocking(terminal, False)
    while command.waits(until="postgres"):
        with suppress(BlockingIOError):
            os.read(terminal, 65536)
        time.sleep(0.05)


def test_a_run_whose_terminal_is_closed_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "long.yaml").write_text(LONG)
    with on_terminal(tmp_path, "run", "--parameters", f"{tmp_path}/long.yaml") as (command, end):
        await_postgresql(command, end)
        os.close(end)
        assert command.process.wait(LONG_S) == HUNG_UP
        assert _left_of(command.family) == set()
        manifest = command.the_run()
    assert manifest["state"] == "interrupted"
    assert manifest["why"] == "its terminal was closed (SIGHUP)"


@pytest.mark.full
def test_a_report_that_is_hung_up_while_its_notebook_measures_says_so(tmp_path: Path) -> None:
    with started(tmp_path, "report", "--profile", "smoke", "--into", f"{tmp_path}/dist") as command:
        _signal({command: ("filling the database", signal.SIGHUP)})
        assert command.process.wait(LONG_S) == HUNG_UP
        assert _left_of(command.family) == set()
        manifest = command.the_run()
    assert manifest["state"] == "interrupted"
    assert "SIGHUP" in str(manifest["why"])


def test_a_hang_up_is_raised_once_and_passed_on_as_what_it_is() -> None:
    with pytest.raises(HangUp) as raised, hang_up_raised():
        signal.raise_signal(signal.SIGHUP)
    assert signal_of(raised.value) == signal.SIGHUP
    assert signal_of(KeyboardInterrupt()) == signal.SIGINT
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_who_was_made_immune_stays_so() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with hang_up_raised():
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
