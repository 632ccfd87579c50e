"""The run that comes with the project: a real one, trimmed to what is concluded from it."""

import shutil
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from webtrial import checksums
from webtrial.analyse.claims.evaluate import verify
from webtrial.analyse.claims.written import write_verdicts
from webtrial.analyse.summary import trials_table
from webtrial.errors import PublishError
from webtrial.parameters import PRIVATE
from webtrial.publish.execute import NOTEBOOKS, execute
from webtrial.publish.report import MEASURES, chapter_names, execute_together
from webtrial.records import Trial
from webtrial.runs import FORMAT, SAMPLE, Run, open_run, write_rows

LARGEST_MIB = 15.0
# To which times are rounded: digits below say nothing and take a quarter of the room.
TICK_NS = 1024
_TIMES = ("intended_ns", "sent_ns", "done_ns")


def make_sample(run: Run, into: Path = SAMPLE) -> Run:
    """Put `run` into the folder `into`, in place of what is there: every attempt's record, and of
    the requests those that conclusions rest on, their times to a microsecond. Raises PublishError
    where a verdict on a claim would not be the same, or where it is too large."""
    if run.damage:
        raise PublishError(f"no sample is made of a damaged run. {run.damage_in_words}")
    shutil.rmtree(into, ignore_errors=True)
    shutil.copytree(run.path, into, ignore=shutil.ignore_patterns("damaged", ".*"))
    counting = trials_table(run).set_index(["number", "attempt"])["final"]
    for trial in run.trials:
        _trim(into / trial.samples, trial, bool(counting[trial.planned.number, trial.attempt]))
    _vouch_for(into, run)
    trimmed = open_run(into)
    judged = verify(trimmed).table
    _demand_same_verdicts(verify(run).table, judged)
    _demand_small(into)
    write_verdicts(judged, into / "claims.json")
    return trimmed


def execute_for_reading() -> list[Path]:
    """Execute the chapters that read a run, as they stand, and keep what they showed in them, so
    that they can be read without running. Returns their paths."""
    names = [name for name in chapter_names() if name != MEASURES]
    work = partial(execute, into=NOTEBOOKS, parameters={})
    return execute_together(open_run(SAMPLE), names, work)


def _trim(path: Path, trial: Trial, counts: bool) -> None:
    rows = pq.read_table(path)
    path.unlink()
    with path.open("wb") as file:
        write_rows(_rounded(rows.filter(_kept(rows, trial))) if counts else rows[:0], file)


def _vouch_for(into: Path, run: Run) -> None:
    """The sample's own checksums, whatever the format of the run that it is made of."""
    manifest = run.manifest.model_copy(update={"format": FORMAT})
    text = manifest.model_dump_json(indent=1, exclude={"parameters": {*PRIVATE}})
    (into / checksums.MANIFEST).write_text(text, encoding="utf-8")
    (into / checksums.NAME).write_text(checksums.as_text(checksums.sums_of(into)), encoding="utf-8")


def _kept(rows: pa.Table, trial: Trial) -> pa.ChunkedArray:
    """Of an attempt that counts: what was measured, and what connections asked on opening."""
    phases = ["measured", "warmup"] if trial.planned.load.kind == "held" else ["measured"]
    return pc.is_in(rows["phase"].cast(pa.string()), pa.array(phases))


def _rounded(rows: pa.Table) -> pa.Table:
    for name in _TIMES:
        ticks = pc.bit_wise_and(pc.add(rows[name], TICK_NS // 2), -TICK_NS)
        rows = rows.set_column(rows.column_names.index(name), name, ticks)
    return rows


def _demand_same_verdicts(whole: pd.DataFrame, trimmed: pd.DataFrame) -> None:
    same = whole["verdict"].to_numpy() == trimmed["verdict"].to_numpy()
    if not same.all():
        moved = ", ".join(whole.loc[~same, "id"])
        raise PublishError(f"without what was trimmed there are other verdicts on {moved}")


def _demand_small(folder: Path) -> None:
    mib = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20
    if mib > LARGEST_MIB:
        raise PublishError(
            f"{folder} is {mib:.1f} MiB, more than {LARGEST_MIB:g}: take a shorter run"
        )
