"""Read run directories, which `run.writer` writes trial by trial and never alters afterwards.

    runs/<id>/
        manifest.json           parameters, machine, versions and state of the run
        trials/0001-1.json      one attempt at one trial (records.Trial), number-attempt
        samples/0001-1.parquet  its requests, one row each (SAMPLES)
        SHA256SUMS              checksums of those files when they were written (checksums)
        damaged/1/…             files found damaged when the run was resumed
        claims.json             result of the last `webtrial verify`, if it was run

Every file is written atomically: to a temporary name, synced, then renamed.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass, fields
from functools import cached_property
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
from pydantic import TypeAdapter

from webtrial.errors import RunError
from webtrial.run import checksums
from webtrial.run.cards import card
from webtrial.run.manifest import FORMAT, PLAIN, Manifest, main_facts
from webtrial.run.parameters import RECORDED
from webtrial.run.records import Client, Machine, Trial, Trials
from webtrial.system import folders
from webtrial.system.folders import REPOSITORY

if TYPE_CHECKING:
    # Not imported at run time: measuring does not need it, and it takes most of a second.
    import pandas as pd

RUNS_FOLDER = folders.RUNS_FOLDER
RUNS = folders.runs_folder()
SAMPLE = REPOSITORY / "data" / "sample"  # a run shipped with the project


TRIAL = TypeAdapter(Trial)


# JSON has no NaN: values that a dead load driver could not report are null in the file.
_NULLABLE = {
    part: [each.name for each in fields(record) if each.type is float]
    for part, record in {"client": Client, "machine": Machine}.items()
}

_SAMPLES_NAME = re.compile(r"samples/[\w-]+\.parquet")


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
        return card(f"Run {self.manifest.id}", main_facts(self.manifest) | attempts | damage, _NEXT)


MAX_LISTED = 10  # damaged files listed by name

_NEXT = (
    "<p>Next: <code>webtrial.explore(run)</code>, <code>webtrial.trials_table(run)</code>,"
    " <code>run.manifest</code>, <code>run.trials</code></p>"
)


def open_run(path: str | Path) -> Run:
    """Open the run in directory `path`. RunError if there is none or it cannot be read."""
    path = Path(path)
    manifest = path / checksums.MANIFEST
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


def samples_name(number: int, attempt: int) -> str:
    """Return the path of a trial's samples, relative to the run."""
    return f"samples/{number:04d}-{attempt}.parquet"


def _read_trial(path: Path) -> Trial:
    try:
        content = json.loads(path.read_bytes())
        for part, nullable in _NULLABLE.items():
            content[part] |= {name: nan for name in nullable if content[part][name] is None}
        trial: Trial = TRIAL.validate_python(content)
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
