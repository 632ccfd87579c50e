"""Write a run directory: trial by trial, each file atomically."""

import errno
import os
import signal
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, Any

from webtrial.errors import RunError
from webtrial.run import checksums
from webtrial.run.manifest import Interruption, Manifest
from webtrial.run.parameters import PRIVATE
from webtrial.run.records import Trial
from webtrial.run.sample_rows import Rows, write_rows
from webtrial.run.store import RUNS, RUNS_FOLDER, TRIAL, Run, open_run
from webtrial.system.directory_lock import locked
from webtrial.system.interruption import SIGNALS
from webtrial.system.whole_file import whole_file


class RunWriter:
    """The only writer of a run directory while its process lives."""

    def __init__(self, manifest: Manifest, runs: Path = RUNS) -> None:
        self.path = runs / manifest.id
        self.manifest = manifest
        self._sums: dict[str, str] = {}
        ensure_dir(runs)
        with _os_errors_as_run_errors(self.path):
            self.path.mkdir()  # must not exist yet
        for name in checksums.FOLDERS:
            ensure_dir(self.path / name)
        _lock_while_open(self, self.path)
        self._write_sums()
        self._write_manifest()

    @classmethod
    def reopened(cls, run: Run, resumed_at: str, git: dict[str, Any]) -> "RunWriter":
        """Return a writer that resumes an interrupted or damaged run.

        The manifest records the interruption. RunError if the run is finished and intact, or if
        another process is still writing it.
        """
        writer = cls.__new__(cls)
        writer.path = run.path
        _lock_while_open(writer, run.path)
        run = open_run(run.path)  # read again: only now is nobody else writing
        writer.manifest = run.manifest
        if run.manifest.state == "finished" and not run.damage:
            raise RunError(
                f"{run.manifest.id} is finished and complete, so nothing can be resumed: publish it"
                f" with `make publish RUN={run.manifest.id}`"
            )
        ended = Interruption(
            state=run.manifest.state,
            why=run.manifest.why,
            ended_at=run.manifest.finished_at,
            resumed_at=resumed_at,
            attempts=len(run.trials),
            git=git,
            damaged=run.damage,
        )
        interruptions = [*run.manifest.interruptions, ended]
        # If any of these steps fails, the run still misses exactly what it missed before.
        writer._sums = _listed_sums(run.path)
        writer._write_sums()
        writer.update(state="running", why=None, finished_at=None, interruptions=interruptions)
        with _os_errors_as_run_errors(run.path):
            for unfinished in run.path.rglob(".*.part"):
                unfinished.unlink()
            _move_damaged(run, run.path / "damaged" / str(len(interruptions)))
            writer._sums = _without_manifest(checksums.sums_of(run.path))
        writer._write_sums()
        return writer

    def update(self, **changes: Any) -> None:
        """Change fields of the manifest and write it to disk at once."""
        self.manifest = self.manifest.model_copy(update=changes)
        self._write_manifest()

    def append(self, trial: Trial, samples: Rows) -> None:
        """Write one attempt: samples first, because a trial on disk must always have them."""
        self._write_listed(trial.samples, lambda file: write_rows(samples, file))
        text = TRIAL.dump_json(trial, indent=1)
        self._write_listed(f"trials/{Path(trial.samples).stem}.json", lambda file: file.write(text))

    def _write_listed(self, name: str, write: Callable[[IO[bytes]], object]) -> None:
        # The handler of an interruption closes the run: that must not happen between the two steps.
        with _delay_interruptions():
            self._sums[name] = _write_whole(self.path / name, write)
            with _os_errors_as_run_errors(self.path):
                checksums.add(self.path, name, self._sums[name])

    def _write_manifest(self) -> None:
        """Write the manifest. Its checksum is listed only once it will not change any more."""
        text = self.manifest.model_dump_json(indent=1, exclude={"parameters": {*PRIVATE}}).encode()
        digest = _write_whole(self.path / checksums.MANIFEST, lambda file: file.write(text))
        if self.manifest.state != "running":
            self._sums[checksums.MANIFEST] = digest
            self._write_sums()

    def _write_sums(self) -> None:
        text = checksums.as_text(self._sums).encode()
        _write_whole(self.path / checksums.NAME, lambda file: file.write(text))


def _lock_while_open(writer: RunWriter, folder: Path) -> None:
    """Lock `folder` against other writers while `writer` lives."""
    try:
        weakref.finalize(writer, os.close, locked(folder))
    except BlockingIOError:
        raise RunError(
            f"{folder} is being written by another process: wait until it ends"
        ) from None


def _listed_sums(path: Path) -> dict[str, str]:
    """Return the checksums of a run's trials: listed ones, or computed if there is no list."""
    is_listed = (path / checksums.NAME).is_file()
    return _without_manifest(checksums.read(path) if is_listed else checksums.sums_of(path))


def _without_manifest(sums: dict[str, str]) -> dict[str, str]:
    return {name: digest for name, digest in sums.items() if name != checksums.MANIFEST}


def _move_damaged(run: Run, folder: Path) -> None:
    """Move damaged files, and all files of the same attempts, to `folder`, which nothing reads."""
    for stem in sorted({Path(name).stem for name in run.damage if "/" in name}):
        for part in checksums.FOLDERS:
            for path in (run.path / part).glob(f"{stem}.*"):
                (folder / part).mkdir(parents=True, exist_ok=True)
                path.rename(folder / part / path.name)


@contextmanager
def _delay_interruptions() -> Iterator[None]:
    """Delay interruptions until the block is done.

    Blocking the signals is not enough: another thread would receive them, and Python's handler
    would run anyway.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread is ever interrupted
        return
    received: list[tuple[int, FrameType | None]] = []
    before = {
        each: signal.signal(each, lambda *arguments: received.append(arguments)) for each in SIGNALS
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if received:
            _handle(*received[0], before[signal.Signals(received[0][0])])


def _handle(number: int, frame: FrameType | None, handler: Any) -> None:
    """Deliver a delayed signal to its handler."""
    if callable(handler):
        handler(number, frame)
    elif handler is signal.SIG_DFL:
        signal.raise_signal(number)


def _write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> str:
    """Write a file atomically and return its SHA-256. If that fails, `path` stays as it was."""
    with _os_errors_as_run_errors(path), whole_file(path) as file:
        write(file)
        file.flush()
        return checksums.digest_of(Path(file.name))


def ensure_dir(path: Path) -> Path:
    """Create the folder `path` if it is missing, and return it. RunError if that fails."""
    with _os_errors_as_run_errors(path):
        path.mkdir(parents=True, exist_ok=True)
    return path


_REMEDIES = {
    errno.ENOSPC: "free disk space",
    errno.EDQUOT: "free disk space",
    errno.EROFS: f"make it writable, or set {RUNS_FOLDER} to another folder",
    errno.EACCES: f"make it writable, or set {RUNS_FOLDER} to another folder",
    errno.EMFILE: "allow more open files (ulimit -n)",
}


@contextmanager
def _os_errors_as_run_errors(path: Path) -> Iterator[None]:
    """Raise RunError, with a remedy, in place of an OSError."""
    try:
        yield
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, "repair the disk")
        raise RunError(
            f"{path} cannot be written: {error.strerror or error}. Files written before are kept:"
            f" {remedy}, then continue with --resume, or start again if no run had started"
        ) from error
