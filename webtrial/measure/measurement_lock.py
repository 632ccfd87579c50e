"""Allow one measurement at a time in a folder of runs: two would disturb each other."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from webtrial.errors import RunError
from webtrial.run.store import RUNS_FOLDER
from webtrial.system.directory_lock import locked

FILE = ".measuring"  # names the current run


@contextmanager
def measurement_lock(runs: Path, run: str) -> Iterator[None]:
    """Lock the folder `runs` while the run with the id `run` is measured.

    Raises RunError that names the other run if one is being measured.
    """
    folder, marker = _exclusive_lock(runs), runs / FILE
    try:
        # A full or read-only disk is reported later, when writing results fails.
        with suppress(OSError):
            marker.write_text(run, encoding="utf-8")
        try:
            yield
        finally:
            with suppress(OSError):
                marker.unlink(missing_ok=True)
    finally:
        os.close(folder)


def _exclusive_lock(runs: Path) -> int:
    """Lock as `directory_lock.locked` does; raise RunError that says what to do if that fails."""
    try:
        return locked(runs)
    except BlockingIOError:
        raise RunError(
            f"{_running_in(runs / FILE)} is being measured in {runs}, and two measurements would"
            " disturb each other: wait until it ends, or stop it"
        ) from None
    except OSError as error:
        raise RunError(
            f"{runs} cannot be locked: {error.strerror}. Make it readable, or set {RUNS_FOLDER}"
            " to a folder on another disk"
        ) from None


def _running_in(marker: Path) -> str:
    try:
        return marker.read_text(encoding="utf-8").strip() or "another run"
    except OSError:  # the other run is just ending
        return "another run"
