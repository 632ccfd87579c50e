"""Make the sample run that comes with the project from a real run, trimmed to what is read."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from webtrial.errors import PublishError, RunError
from webtrial.publish.execute import NOTEBOOKS, execute
from webtrial.publish.report import MEASURES, chapter_names, execute_together
from webtrial.results.claims.evaluate import verify
from webtrial.results.claims.export import FILE_NAME, write_verdicts
from webtrial.results.latency.timeline import shown_trial
from webtrial.run import checksums
from webtrial.run.parameters import PRIVATE
from webtrial.run.records import Trial
from webtrial.run.sample_rows import write_rows
from webtrial.run.store import SAMPLE, Run, open_run
from webtrial.stats.trials import TICK_NS, trials_table

LARGEST_MIB = 15.0
_TIMES = ("intended_ns", "sent_ns", "done_ns")


def make_sample(run: Run, into: Path = SAMPLE) -> Run:
    """Trim `run` into the folder `into`, replacing its contents, and open the result.

    The sample holds the record of every attempt and the requests that the report reads. Their times
    are rounded to ticks (TICK_NS), as they are when they are read. Every figure of the report is
    the same as that of the whole run. Only the trial `shown_trial` keeps its warm-up for the
    timeline. Raises PublishError if the run is damaged, if a verdict on a claim would change, or if
    the sample is too large.
    """
    if run.damage:
        raise PublishError(f"a damaged run cannot become the sample. {run.damage_text}")
    shutil.rmtree(into, ignore_errors=True)
    shutil.copytree(run.path, into, ignore=shutil.ignore_patterns("damaged", ".*"))
    is_final = trials_table(run).set_index(["number", "attempt"])["final"]
    untrimmed = _timeline_trial(run)
    for trial in run.trials:
        name = trial.planned.number, trial.attempt
        keep = _keep_all if name == untrimmed else _keep_read if is_final[name] else _keep_none
        _trim(into / trial.samples, partial(keep, trial=trial))
    _write_manifest(into, run)
    trimmed = open_run(into)
    judged = verify(trimmed).table
    _check_verdicts(verify(run).table, judged)
    _check_size(into)
    write_verdicts(judged, into / FILE_NAME)
    return trimmed


def execute_for_reading() -> list[Path]:
    """Execute the chapters that read a run, on the sample and in place, and return their paths.

    Their outputs are saved in `notebooks/` and can be read without running anything.
    """
    names = [name for name in chapter_names() if name != MEASURES]
    work = partial(execute, into=NOTEBOOKS, parameters={})
    return execute_together(open_run(SAMPLE), names, work)


def _timeline_trial(run: Run) -> tuple[int, int] | None:
    with suppress(RunError):
        return shown_trial(run)
    return None


def _trim(path: Path, keep: Callable[[pa.Table], pa.Table]) -> None:
    rows = pq.read_table(path)
    path.unlink()
    with path.open("wb") as file:
        write_rows(keep(_in_ticks(rows)), file)


def _write_manifest(into: Path, run: Run) -> None:
    """Write the sample's manifest and checksums."""
    text = run.manifest.model_dump_json(indent=1, exclude={"parameters": {*PRIVATE}})
    (into / checksums.MANIFEST).write_text(text, encoding="utf-8")
    (into / checksums.NAME).write_text(checksums.as_text(checksums.sums_of(into)), encoding="utf-8")


def _keep_all(rows: pa.Table, trial: Trial) -> pa.Table:
    """Keep all rows: for the trial whose timeline includes the warm-up."""
    return rows


def _keep_none(rows: pa.Table, trial: Trial) -> pa.Table:
    """Keep no rows: for an attempt that does not count."""
    return rows[:0]


def _keep_read(rows: pa.Table, trial: Trial) -> pa.Table:
    """Keep the rows that the report reads, for an attempt that counts.

    These are the measured requests, the requests sent before the window and answered in it (the
    longest time without an answer depends on them), and the requests that persistent connections
    send when they open.
    """
    phase = rows["phase"].cast(pa.string())
    is_persistent = trial.planned.load.kind == "persistent"
    is_read = pc.or_(pc.greater_equal(rows["done_ns"], 0), is_persistent)
    is_warmup = pc.and_(pc.equal(phase, "warmup"), is_read)
    return rows.filter(pc.or_(pc.equal(phase, "measured"), is_warmup))


def _in_ticks(rows: pa.Table) -> pa.Table:
    for name in _TIMES:
        ticks = pc.bit_wise_and(pc.add(rows[name], TICK_NS // 2), -TICK_NS)
        rows = rows.set_column(rows.column_names.index(name), name, ticks)
    return rows


def _check_verdicts(whole: pd.DataFrame, trimmed: pd.DataFrame) -> None:
    same = whole["verdict"].to_numpy() == trimmed["verdict"].to_numpy()
    if not same.all():
        changed = ", ".join(whole.loc[~same, "id"])
        raise PublishError(f"trimming changes the verdicts on {changed}; use another run")


def _check_size(folder: Path) -> None:
    mib = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20
    if mib > LARGEST_MIB:
        raise PublishError(
            f"{folder} is {mib:.1f} MiB, larger than {LARGEST_MIB:g} MiB; use a shorter run"
        )
