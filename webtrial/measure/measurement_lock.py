"""Allow one measurement at a time in a folder of runs: two would measure each other."""

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
    folder, named = _locked_alone(runs), runs / FILE
    try:
        # A full or read-only disk is reported later, when writing results fails.
        with suppress(OSError):
            named.write_text(run, encoding="utf-8")
        try:
            yield
        finally:
            with suppress(OSError):
                named.unlink(missing_ok=True)
    finally:
        os.close(folder)


def _locked_alone(runs: Path) -> int:
    """Lock as `directory_lock.locked` does; raise RunError that says what to do if that fails."""
    try:
        return locked(runs)
    except BlockingIOError:
        raise RunError(
            f"{_said_in(runs / FILE)} is being measured into {runs}, and two at a time would"
            " measure each other: wait for its end, or end it"
        ) from None
    except OSError as error:
        raise RunError(
            f"{runs} cannot be locked: {error.strerror}. Let it be read, or name a folder on"
            f" another disk in {RUNS_FOLDER}"
        ) from None


def _said_in(named: Path) -> str:
    try:
        return named.read_text(encoding="utf-8").strip() or "another run"
    except OSError:  # the other run is just ending
        return "another run"
