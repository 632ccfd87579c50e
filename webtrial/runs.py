"""A run directory: written trial by trial, opened by anyone, never altered afterwards.

    runs/<id>/
        manifest.json           what was asked, on which machine, with which versions; its state
        trials/0001-1.json      one attempt at one trial (records.Trial), number-attempt
        samples/0001-1.parquet  its requests, one row each (SAMPLES)
        claims.json             what `webtrial verify` said of it, where it was asked last

Every file is written whole or not at all: to a temporary name, synced, renamed.
"""

import fcntl
import json
import os
import weakref
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from math import nan
from pathlib import Path
from typing import IO, Any, Literal, Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, TypeAdapter

from webtrial.cards import card
from webtrial.errors import RunError
from webtrial.parameters import PRIVATE, RECORDED, Parameters
from webtrial.records import Client, Machine, Trial, Trials

FORMAT = 1
RUNS_FOLDER = "WEBTRIAL_RUNS"  # names another place for runs in the environment


def _runs_folder() -> Path:
    told = os.environ.get(RUNS_FOLDER)
    return Path(told).resolve() if told else Path(__file__).parent.parent / "data" / "runs"


RUNS = _runs_folder()
SAMPLE = Path(__file__).parent.parent / "data" / "sample"  # a run that comes with the project

# Times count from the start of the measured window, so warm-up is negative.
SAMPLES = pa.schema(
    [
        ("phase", pa.dictionary(pa.int8(), pa.string())),  # warmup, measured, cooldown
        ("connection", pa.int32()),
        ("kind", pa.dictionary(pa.int8(), pa.string())),  # of request: read, create, rare …
        ("intended_ns", pa.int64()),
        ("sent_ns", pa.int64()),
        ("done_ns", pa.int64()),  # for a timeout: when it was given up (censored)
        ("status", pa.int16()),  # 0 where no answer came
        ("body_bytes", pa.int32()),
        ("outcome", pa.dictionary(pa.int8(), pa.string())),  # ok, or the kind of error
    ]
)

# Numbers that grow by little from row to row: kept as differences they take a third less.
_DIFFERENCES = {
    "use_dictionary": ["phase", "kind", "status", "body_bytes", "outcome"],
    "column_encoding": dict.fromkeys(
        ("connection", "intended_ns", "sent_ns", "done_ns"), "DELTA_BINARY_PACKED"
    ),
}

_TRIAL = TypeAdapter(Trial)


class Rows(Protocol):
    """Rows of SAMPLES: a pyarrow Table, or what is read like one, a piece at a time."""

    @property
    def num_rows(self) -> int: ...
    def column(self, name: str) -> pa.ChunkedArray: ...
    def to_batches(self) -> Iterable[pa.RecordBatch]: ...
    def to_pandas(self) -> pd.DataFrame: ...


# JSON has no NaN: what a dead load driver could not tell is null in the file.
_GAPS = {
    part: [each.name for each in fields(record) if each.type is float]
    for part, record in {"client": Client, "machine": Machine}.items()
}

State = Literal["running", "finished", "interrupted", "failed"]


class Interruption(BaseModel):
    """How a run had ended before it was gone on with. Times are ISO 8601, UTC."""

    model_config = ConfigDict(extra="forbid")

    state: State  # "running" where nothing was left to write more
    why: str | None
    ended_at: str | None
    resumed_at: str
    attempts: int  # that were on disk
    git: dict[str, Any]  # with which it went on


class Manifest(BaseModel):
    """What belongs to a run as a whole."""

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
    capacities_per_s: dict[str, dict[str, float]] = {}  # scenario → stack → by the pilot
    rates_per_s: dict[str, list[float]] = {}  # scenario → common arrival rates
    interruptions: list[Interruption] = []

    def _repr_html_(self) -> str:
        return card(f"Manifest of {self.id}", _facts(self))


def _facts(manifest: Manifest) -> dict[str, str]:
    """What a reader asks of a manifest first."""
    asked, machine = manifest.parameters, manifest.machine
    return {
        "state": manifest.state + (f": {manifest.why}" if manifest.why else ""),
        "measured (UTC)": f"{manifest.started_at} to {manifest.finished_at or '?'}",
        "machine": f"{machine.get('cores', '?')} cores of {machine.get('processor') or '?'}",
        "profile": f"{asked.profile}: {asked.blocks} blocks of {asked.duration_s:g} s",
        "scenarios": ", ".join(asked.all_scenarios),
        "stacks": ", ".join(manifest.stacks),
        "versions": ", ".join(f"{name} {each}" for name, each in manifest.versions.items()),
        "commit": str(manifest.git.get("commit") or "?"),
    }


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """A run directory opened for reading. Needs neither PostgreSQL nor services nor a network.

    `run.trials` are the records of all attempts, `run.samples(trial)` the requests of one;
    `webtrial.trials_table(run)` and `webtrial.throughput_table(run)` are DataFrames of all.
    """

    path: Path
    manifest: Manifest

    @cached_property
    def trials(self) -> Trials:
        """Every attempt at every trial, by number and attempt."""
        return Trials(_read_trial(path) for path in sorted((self.path / "trials").glob("*.json")))

    def samples(self, trial: Trial, columns: list[str] | None = None) -> pd.DataFrame:
        """The requests of one trial, a row each, columns as SAMPLES."""
        found: pd.DataFrame = pq.read_table(self.path / trial.samples, columns=columns).to_pandas()
        return found

    def __repr__(self) -> str:
        return f"<run {self.manifest.id}, {self.manifest.state}>"

    def _repr_html_(self) -> str:
        verdicts = Counter(trial.validity.verdict for trial in self.trials)
        counts = ", ".join(f"{count:,} {verdict}" for verdict, count in verdicts.most_common())
        attempts = {"attempts": f"{len(self.trials):,}" + (f" ({counts})" if counts else "")}
        return card(f"Run {self.manifest.id}", _facts(self.manifest) | attempts, _NEXT)


_NEXT = (
    "<p>Next: <code>webtrial.explore(run)</code>, <code>webtrial.trials_table(run)</code>,"
    " <code>run.manifest</code>, <code>run.trials</code></p>"
)


def open_run(path: str | Path) -> Run:
    """The run in directory `path`; RunError when there is none or it cannot be read."""
    path = Path(path)
    manifest = path / "manifest.json"
    if not manifest.is_file():
        raise RunError(f"{path} is not a run: it has no manifest.json. Name a folder of data/runs/")
    try:
        return Run(path, Manifest.model_validate_json(manifest.read_text(), context=RECORDED))
    except (OSError, ValueError) as error:
        raise RunError(
            f"{manifest} does not read as a manifest of format {FORMAT}: {error}"
        ) from None


def latest_run(runs: Path = RUNS) -> Run:
    """The newest finished run that can be read; RunError when there is none."""
    return latest_runs(1, runs)[0]


def latest_runs(count: int, runs: Path = RUNS) -> list[Run]:
    """That many finished runs that can be read, the newest first; RunError when there are fewer."""
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
    but = f" (that cannot be read: {', '.join(unreadable)})" if unreadable else ""
    lack = f"only {len(found)} of {count} finished runs" if found else "no finished run"
    raise RunError(f"{lack} in {runs}{but}: make one with `make report`")


class RunWriter:
    """The one writer of a run directory, for as long as its process lives."""

    def __init__(self, manifest: Manifest, runs: Path = RUNS) -> None:
        self.path = runs / manifest.id
        self.manifest = manifest
        (self.path / "trials").mkdir(parents=True)
        (self.path / "samples").mkdir()
        _hold(self, self.path)
        self._write_manifest()

    @classmethod
    def reopened(cls, run: Run, resumed_at: str, git: dict[str, Any]) -> "RunWriter":
        """The writer of a run that was broken off; its manifest tells of it. RunError for one
        that is finished or is still being written."""
        writer = cls.__new__(cls)
        writer.path = run.path
        _hold(writer, run.path)
        writer.manifest = open_run(run.path).manifest
        if writer.manifest.state == "finished":
            raise RunError(f"{run.manifest.id} is finished: nothing of it is missing")
        for unfinished in run.path.rglob(".*.part"):
            unfinished.unlink()
        ended = Interruption(
            state=writer.manifest.state,
            why=writer.manifest.why,
            ended_at=writer.manifest.finished_at,
            resumed_at=resumed_at,
            attempts=len(run.trials),
            git=git,
        )
        told = [*writer.manifest.interruptions, ended]
        writer.update(state="running", why=None, finished_at=None, interruptions=told)
        return writer

    def update(self, **changes: Any) -> None:
        """Change fields of the manifest, on disk at once."""
        self.manifest = self.manifest.model_copy(update=changes)
        self._write_manifest()

    def append(self, trial: Trial, samples: Rows) -> None:
        """Keep one attempt: its samples first, so that a trial on disk is never without them."""
        (self.path / trial.samples).parent.mkdir(exist_ok=True)
        _write_whole(self.path / trial.samples, lambda file: write_rows(samples, file))
        name = Path(trial.samples).with_suffix(".json").name
        text = _TRIAL.dump_json(trial, indent=1)
        _write_whole(self.path / "trials" / name, lambda file: file.write(text))

    def _write_manifest(self) -> None:
        text = self.manifest.model_dump_json(indent=1, exclude={"parameters": {*PRIVATE}})
        _write_whole(self.path / "manifest.json", lambda file: file.write(text.encode()))


def samples_name(number: int, attempt: int) -> str:
    """Where a trial's samples lie within its run."""
    return f"samples/{number:04d}-{attempt}.parquet"


def _read_trial(path: Path) -> Trial:
    try:
        content = json.loads(path.read_bytes())
        for part, gaps in _GAPS.items():
            content[part] |= {name: nan for name in gaps if content[part][name] is None}
        return _TRIAL.validate_python(content)
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path} does not read as a trial of format {FORMAT}: {error}") from None


def write_rows(samples: Rows, file: IO[bytes]) -> None:
    """Write rows of SAMPLES as a Parquet file."""
    with pq.ParquetWriter(file, SAMPLES, compression="zstd", **_DIFFERENCES) as writer:
        for batch in samples.to_batches():
            writer.write_batch(batch)


def _hold(writer: RunWriter, folder: Path) -> None:
    """Keep other writers out of `folder` for as long as `writer` lives. The kernel forgets it
    with the process, however that ends."""
    descriptor = os.open(folder, os.O_RDONLY)
    weakref.finalize(writer, os.close, descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RunError(f"{folder} is being written by another process: wait for its end") from None


def _write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
