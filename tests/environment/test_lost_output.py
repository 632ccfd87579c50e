"""Output that nobody reads, or that the disk does not take."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
import yaml

from tests.faults.under_way import SHORT
from tests.load.truth import truth
from tests.waiting import LONG_S
from webtrial.run.store import RUNS_FOLDER, open_run
from webtrial.system.output import BROKEN_PIPE

FAILED = 2
FULL = Path("/dev/full")
WEBTRIAL = (sys.executable, "-m", "webtrial")
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}

# A long table of a command, and what the parser of arguments prints.
PRINTING = pytest.mark.parametrize("command", ["doctor", "--help"])
needs_full_disk = pytest.mark.skipif(not FULL.exists(), reason="no /dev/full")


@contextmanager
def _without_reader() -> Iterator[int]:
    """The end to write to of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


def _ended(command: str, stdout: int | IO[bytes]) -> tuple[int, str]:
    """The code of a command, and what it complains of."""
    done = subprocess.run(
        (*WEBTRIAL, command),
        env=BUFFERED,
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stderr


@PRINTING
def test_a_command_whose_reader_has_gone_ends_quietly(command: str) -> None:
    with _without_reader() as writing:
        assert _ended(command, writing) == (BROKEN_PIPE, "")


@needs_full_disk
@PRINTING
def test_on_a_full_disk_a_command_says_so_in_one_line(command: str) -> None:
    said = "webtrial: standard output cannot be written: No space left on device\n"
    with FULL.open("wb") as file:
        assert _ended(command, file) == (FAILED, said)


def test_an_error_that_nobody_can_read_is_no_other_error() -> None:
    command = [*WEBTRIAL, "run", "-p", "blocks", "-1"]
    with _without_reader() as writing:
        done = subprocess.run(command, env=BUFFERED, stderr=writing, check=False)
    assert done.returncode == FAILED


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file of parameters: three short trials of a server that stands already."""
    path = tmp_path_factory.mktemp("asked") / "parameters.yaml"
    with truth(delay_s=0.002) as server:
        given = SHORT | {"targets": {"flask": server.url}, "closed_users": [2], "blocks": 3}
        path.write_text(yaml.safe_dump(given), encoding="utf-8")
        yield path


def test_a_run_goes_on_when_the_reader_of_its_log_has_ended(asked: Path, tmp_path: Path) -> None:
    """As with `webtrial run … 2>&1 | head -1`."""
    with subprocess.Popen(
        [*WEBTRIAL, "run", "--parameters", str(asked)],
        env=BUFFERED | {RUNS_FOLDER: str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        assert b"0 of " in process.stdout.readline()
        process.stdout.close()
        assert process.wait(LONG_S) == BROKEN_PIPE
    (manifest,) = tmp_path.glob("*/manifest.json")
    run = open_run(manifest.parent)
    assert run.manifest.state == "finished"
    assert [trial.planned.number for trial in run.trials] == [1, 2, 3]
