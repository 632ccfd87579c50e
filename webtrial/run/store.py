"""Read and write run directories: written trial by trial, never altered afterwards.

    runs/<id>/
        manifest.json           parameters, machine, versions and state of the run
        trials/0001-1.json      one attempt at one trial (records.Trial), number-attempt
        samples/0001-1.parquet  its requests, one row each (SAMPLES)
        SHA256SUMS              checksums of those files when they were written (checksums)
        damaged/1/…             files found damaged when the run was resumed
        claims.json             result of the last `webtrial verify`, if it was run

Every file is written atomically: to a temporary name, synced, then renamed.
"""

import errno
import json
import os
import re
import signal
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import cached_property
from math import nan
from pathlib import Path
from types import FrameType
from typing import IO, TYPE_CHECKING, Any, Literal, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, TypeAdapter, field_validator

from webtrial.errors import RunError
from webtrial.run import checksums
from webtrial.run.cards import card
from webtrial.run.parameters import PRIVATE, RECORDED, Parameters
from webtrial.run.records import Client, Machine, Trial, Trials
from webtrial.system import folders
from webtrial.system.directory_lock import locked
from webtrial.system.folders import REPOSITORY
from webtrial.system.interruption import SIGNALS

if TYPE_CHECKING:
    # Not imported at run time: measuring does not need it, and it takes most of a second.
    import pandas as pd

FORMAT = 3
RUNS_FOLDER = folders.RUNS_FOLDER
RUNS = folders.runs_folder()
SAMPLE = REPOSITORY / "data" / "sample"  # a run shipped with the project

# Times count from the start of the measured window, so warm-up is negative.
SAMPLES = pa.schema(
    [
        ("phase", pa.dictionary(pa.int8(), pa.string())),  # warmup, measured, cooldown
        ("connection", pa.int32()),
        ("kind", pa.dictionary(pa.int8(), pa.string())),  # of request: read, create, rare …
        ("intended_ns", pa.int64()),
        ("sent_ns", pa.int64()),
        ("done_ns", pa.int64()),  # for a timeout: when the driver gave up (censored)
        ("status", pa.int16()),  # 0 if there was no response
        ("body_bytes", pa.int32()),
        ("outcome", pa.dictionary(pa.int8(), pa.string())),  # ok, or the kind of error
    ]
)

# Numbers that increase slowly from row to row: delta encoding saves a third of the space.
_ENCODING = {
    "use_dictionary": ["phase", "kind", "status", "body_bytes", "outcome"],
    "column_encoding": dict.fromkeys(
        ("connection", "intended_ns", "sent_ns", "done_ns"), "DELTA_BINARY_PACKED"
    ),
}

_TRIAL = TypeAdapter(Trial)


class Rows(Protocol):
    """Rows with the columns of SAMPLES: a pyarrow Table, or an object read in batches like one."""

    @property
    def num_rows(self) -> int: ...
    def column(self, name: str) -> pa.ChunkedArray: ...
    def to_batches(self) -> Iterable[pa.RecordBatch]: ...
    def to_pandas(self) -> "pd.DataFrame": ...


# JSON has no NaN: values that a dead load driver could not report are null in the file.
_NULLABLE = {
    part: [each.name for each in fields(record) if each.type is float]
    for part, record in {"client": Client, "machine": Machine}.items()
}

_SAMPLES_NAME = re.compile(r"samples/[\w-]+\.parquet")
PLAIN = re.compile(r"\w[\w ,.()&-]{0,99}")

State = Literal["running", "finished", "interrupted", "failed"]


class Interruption(BaseModel):
    """How a run had ended before it was resumed. Times are ISO 8601, UTC."""

    model_config = ConfigDict(extra="forbid")

    state: State  # "running" if the process died before it could write another state
    why: str | None
    ended_at: str | None
    resumed_at: str
    attempts: int  # intact attempts on disk
    git: dict[str, Any]  # of the code that resumed the run
    damaged: dict[str, str] = {}  # file → what was wrong with it


DURATIONS = frozenset({"seconds"})
"""Keys in the manifest's parts that hold how long something took to build. They differ between two
runs of the same thing."""


class Manifest(BaseModel):
    """Facts about a run as a whole."""

    model_config = ConfigDict(extra="forbid")

    format: int = FORMAT
    id: str
    state: State = "running"
    why: str | None = None  # of an interruption or a failure
    started_at: str
    finished_at: str | None = None
    parameters: Parameters
    planned_trials: int = 0
    machine: dict[str, Any]
    versions: dict[str, str]
    git: dict[str, Any]
    data: dict[str, Any]
    stacks: dict[str, dict[str, Any]]
    budgets: dict[str, Any]
    capacities_per_s: dict[str, dict[str, float]] = {}  # scenario → stack → found by the pilot
    rates_per_s: dict[str, list[float]] = {}  # scenario → common arrival rates
    interruptions: list[Interruption] = []

    @field_validator("stacks")
    @classmethod
    def _plain_names(cls, stacks: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Reject unusual names: they appear in the headings, figures and tables of any reader."""
        names = [text for name, each in stacks.items() for text in (name, each.get("title", name))]
        if strange := [text for text in names if not PLAIN.fullmatch(str(text))]:
            raise ValueError(
                f"{strange[0]!r} is not a valid stack name: use only letters, digits and _ ,.()&-"
            )
        return stacks

    def _repr_html_(self) -> str:
        return card(f"Manifest of {self.id}", _facts(self))


def _facts(manifest: Manifest) -> dict[str, str]:
    """Return the facts of a manifest that a reader needs first."""
    parameters, machine = manifest.parameters, manifest.machine
    blocks = f"{parameters.blocks} blocks of {parameters.duration_s:g} s"
    return {
        "state": manifest.state + (f": {manifest.why}" if manifest.why else ""),
        "measured (UTC)": f"{manifest.started_at} to {manifest.finished_at or '?'}",
        "machine": f"{machine.get('cores', '?')} cores of {machine.get('processor') or '?'}",
        "profile": f"{parameters.profile}: {blocks}",
        "scenarios": ", ".join(parameters.all_scenarios),
        "stacks": ", ".join(manifest.stacks),
        "versions": ", ".join(f"{name} {each}" for name, each in manifest.versions.items()),
        "commit": str(manifest.git.get("commit") or manifest.git.get("why", "?")),
    }


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """A run directory opened for reading. It needs no PostgreSQL, no services and no network.

    `run.trials` holds the records of all attempts, `run.samples(trial)` returns the requests of
    one. `webtrial.trials_table(run)` and `webtrial.throughput_table(run)` return DataFrames of all.
    """

    path: Path
    manifest: Manifest

    @cached_property
    def trials(self) -> Trials:
        """All attempts at all trials, sorted by number and attempt, without damaged ones."""
        damaged = {Path(name).stem for name in self.damage}
        found = sorted((self.path / "trials").glob("*.json"))
        return Trials(_read_trial(path) for path in found if path.stem not in damaged)

    @cached_property
    def damage(self) -> dict[str, str]:
        """Faults of the run's files, by file name.

        {} if every file is as it was written.
        """
        return checksums.damage_of(self.path, is_over=self.manifest.state != "running")

    @property
    def damage_text(self) -> str:
        """Text that lists the damaged files and the consequences; empty if there are none."""
        if not self.damage:
            return ""
        listed = [f"  {name} {fault}" for name, fault in [*self.damage.items()][:MAX_LISTED]]
        more = [f"  and {len(self.damage) - MAX_LISTED} more"] * (len(self.damage) > MAX_LISTED)
        return "\n".join(
            [
                f"{self.manifest.id} is damaged. Trials with these files are excluded. Restore the"
                " files from a copy, or measure the trials again with --resume:",
                *listed,
                *more,
            ]
        )

    def samples(self, trial: Trial, columns: list[str] | None = None) -> "pd.DataFrame":
        """Return the requests of one trial, one row each, with the columns of SAMPLES."""
        found: pd.DataFrame = pq.read_table(self.path / trial.samples, columns=columns).to_pandas()
        return found

    def __repr__(self) -> str:
        return f"<run {self.manifest.id}, {self.manifest.state}>"

    def _repr_html_(self) -> str:
        verdicts = Counter(trial.validity.verdict for trial in self.trials)
        counts = ", ".join(f"{count:,} {verdict}" for verdict, count in verdicts.most_common())
        attempts = {"attempts": f"{len(self.trials):,}" + (f" ({counts})" if counts else "")}
        damage = {"damaged": ", ".join(self.damage)} if self.damage else {}
        return card(f"Run {self.manifest.id}", _facts(self.manifest) | attempts | damage, _NEXT)


MAX_LISTED = 10  # damaged files listed by name

_NEXT = (
    "<p>Next: <code>webtrial.explore(run)</code>, <code>webtrial.trials_table(run)</code>,"
    " <code>run.manifest</code>, <code>run.trials</code></p>"
)


def open_run(path: str | Path) -> Run:
    """Open the run in directory `path`. RunError if there is none or it cannot be read."""
    path = Path(path)
    manifest = path / "manifest.json"
    if not manifest.is_file():
        raise RunError(
            f"{path} is not a run directory: it has no manifest.json. Name a folder in data/runs/"
        )
    try:
        text = manifest.read_text(encoding="utf-8")
        _demand_known_format(manifest, text)
        return Run(path, Manifest.model_validate_json(text, context=RECORDED))
    except (OSError, ValueError) as error:
        raise RunError(
            f"{manifest} is not a manifest of format {FORMAT}: {error}. Restore it from a copy"
        ) from None


def _demand_known_format(path: Path, text: str) -> None:
    content = json.loads(text)
    found = content.get("format") if isinstance(content, dict) else None
    if isinstance(found, int) and found != FORMAT:
        raise RunError(
            f"{path} has format {found}, but this version of Webtrial reads format {FORMAT} only:"
            " open it with the version that wrote it, or measure again"
        )


def latest_run(runs: Path = RUNS) -> Run:
    """Open the newest finished run that can be read. RunError if there is none."""
    return latest_runs(1, runs)[0]


def latest_runs(count: int, runs: Path = RUNS) -> list[Run]:
    """Open the newest `count` finished, readable runs, newest first. RunError if too few."""
    found: list[Run] = []
    unreadable: list[str] = []
    for path in sorted(runs.glob("*/manifest.json"), reverse=True):
        try:
            run = open_run(path.parent)
        except RunError:
            unreadable.append(path.parent.name)
            continue
        found += [run] if run.manifest.state == "finished" else []
        if len(found) == count:
            return found
    faulty = f" (unreadable: {', '.join(unreadable)})" if unreadable else ""
    too_few = f"only {len(found)} of {count} finished runs" if found else "no finished run"
    raise RunError(f"{too_few} in {runs}{faulty}: measure one with `make report`")


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
        text = _TRIAL.dump_json(trial, indent=1)
        self._write_listed(f"trials/{Path(trial.samples).stem}.json", lambda file: file.write(text))

    def _write_listed(self, name: str, write: Callable[[IO[bytes]], object]) -> None:
        # An interruption closes the manifest and lists the files: not between these two steps.
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


def samples_name(number: int, attempt: int) -> str:
    """Return the path of a trial's samples, relative to the run."""
    return f"samples/{number:04d}-{attempt}.parquet"


def _read_trial(path: Path) -> Trial:
    try:
        content = json.loads(path.read_bytes())
        for part, nullable in _NULLABLE.items():
            content[part] |= {name: nan for name in nullable if content[part][name] is None}
        trial: Trial = _TRIAL.validate_python(content)
        if not (PLAIN.fullmatch(trial.planned.stack) and PLAIN.fullmatch(trial.planned.scenario)):
            raise ValueError("the name of its stack or scenario has invalid characters")
        if not _SAMPLES_NAME.fullmatch(trial.samples):
            raise ValueError(f"{trial.samples!r} is not a valid path of samples")
        return trial
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"{path} is not a valid trial of format {FORMAT}: {error}. Restore it from a copy, or"
            " remove it and resume the run"
        ) from None


def no_rows() -> pa.Table:
    """Return an empty table with the columns of SAMPLES.

    Built without an array: pyarrow loads pandas with the first array or scalar that we create,
    which takes most of a second.
    """
    return pa.Table.from_batches([], SAMPLES)


def write_rows(samples: Rows, file: IO[bytes]) -> None:
    """Write rows with the columns of SAMPLES as a Parquet file."""
    with pq.ParquetWriter(file, SAMPLES, compression="zstd", **_ENCODING) as writer:
        for batch in samples.to_batches():
            writer.write_batch(batch)


def _lock_while_open(writer: RunWriter, folder: Path) -> None:
    """Lock `folder` against other writers while `writer` lives."""
    try:
        weakref.finalize(writer, os.close, locked(folder))
    except BlockingIOError:
        raise RunError(
            f"{folder} is being written by another process: wait until it ends"
        ) from None


def ensure_dir(path: Path) -> Path:
    """Create the folder `path` if it is missing, and return it. RunError if that fails."""
    with _os_errors_as_run_errors(path):
        path.mkdir(parents=True, exist_ok=True)
    return path


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
    temporary = path.with_name(f".{path.name}.part")
    with _os_errors_as_run_errors(path):
        try:
            with temporary.open("wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            digest = checksums.digest_of(temporary)
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
    return digest


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
