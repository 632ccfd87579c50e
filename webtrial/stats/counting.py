"""Requests counted where they lie: DuckDB over a run's Parquet files, in bounded memory.

What comes back is as long as a histogram or a timeline has places, not as the run has requests.
"""

import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from webtrial.errors import RunError
from webtrial.run.records import Phase
from webtrial.run.store import Run
from webtrial.stats.histogram import RESOLUTION, Histogram, histogram
from webtrial.stats.trials import (
    CENSORED,
    STARTED_NS,
    TICK_NS,
    TRIAL_KEYS,
    Clock,
    records_of,
)
from webtrial.system.cores import usable_cores

MEMORY_MIB = 256  # of DuckDB's own; what does not fit, it puts on disk
THREADS = 4  # at most: each holds a piece of a file
FILES_KNOWN = 1024  # whose counts are kept: those of the cells that a chapter goes back to


def counted(
    run: Run,
    trials: pd.DataFrame,
    clock: Clock = "response",
    kinds: bool = False,
    phase: Phase = "measured",
) -> pd.DataFrame:
    """How many requests of `trials` took how long: a row per trial and bucket of `histogram`.

    Of the requests that `latencies` has a row of, or of those like them in another `phase`.
    Columns: those of TRIAL_KEYS, `kind` of request if `kinds`, `bucket`, `requests`, `censored`
    (how many of them were given up), `total_ms`.
    """
    if trials.empty:
        return pd.DataFrame(columns=[*TRIAL_KEYS, *["kind"] * kinds, *_COUNTS])
    files = [run.path / trial.samples for trial in records_of(run, trials)]
    parts = _counted(files, STARTED_NS[clock], kinds, phase)
    places = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    names = trials[list(TRIAL_KEYS)].astype("category").iloc[places]
    return pd.concat([names.reset_index(drop=True), pd.concat(parts, ignore_index=True)], axis=1)


_Asked = tuple[str, bool, Phase]
_KNOWN: dict[tuple[Path, *_Asked], pd.DataFrame] = {}
_CHANGING = Lock()


def _counted(files: Sequence[Path], *asked: *_Asked) -> list[pd.DataFrame]:
    """The counts of each file. None is ever written again, so each is read once for a question:
    the median, its tail and its ratios are read from the same counts, not to be changed."""
    counts = {file: _KNOWN[name] for file in files if (name := (file, *asked)) in _KNOWN}
    if missing := [file for file in dict.fromkeys(files) if file not in counts]:
        counts |= dict(zip(missing, _read(missing, *asked), strict=True))
        with _CHANGING:
            _KNOWN.update({(file, *asked): counts[file] for file in missing})
            for oldest in list(_KNOWN)[:-FILES_KNOWN]:
                del _KNOWN[oldest]
    return [counts[file] for file in files]


def _read(files: Sequence[Path], started_ns: str, kinds: bool, phase: Phase) -> list[pd.DataFrame]:
    """The counts of each file, by one query over all of them."""
    keys = ["file_index", "kind"] if kinds else ["file_index"]
    took_ns = f"done_ns - {started_ns}"
    rows = over(
        files,
        f"""
        select {", ".join(keys)}, {bucket_of(took_ns)} as bucket, count(*) as requests,
            count(*) filter (outcome = '{CENSORED}') as censored, sum({took_ns}) / 1e6 as total_ms
        from samples where phase = '{phase}' and outcome in ('ok', '{CENSORED}')
        group by all order by all
        """,
    )
    ends = np.searchsorted(rows.pop("file_index"), np.arange(len(files) + 1))
    return [rows.iloc[low:high] for low, high in pairwise(ends)]


_COUNTS = ("bucket", "requests", "censored", "total_ms")


def by_trial(counts: pd.DataFrame) -> dict[tuple[Any, Any], Histogram]:
    """The histogram of each trial in `counted`, by number and attempt."""
    groups = counts.groupby(["number", "attempt"], observed=True)
    return {(number, attempt): histogram(part) for (number, attempt), part in groups}


def bucket_of(took_ns: str) -> str:
    """In SQL, the bucket that a latency in ns falls into. A clock counts whole ns: what took less
    than one took one."""
    return f"floor(ln(greatest({took_ns}, 1)) / ln(1 + {RESOLUTION}))::integer"


def over(files: Sequence[Path], select: str) -> pd.DataFrame:
    """The answer to a query over `samples`: the rows of files with the columns of runs.SAMPLES,
    times in ticks (TICK_NS), with `file_index` (place in `files`) and `file_row_number`. RunError
    when they cannot be read.
    """
    query = f"with samples as not materialized ({_SAMPLES}) {select}"
    try:
        with duckdb.connect(config=_settings()) as connection:
            return connection.execute(query, [[str(file) for file in files]]).df()
    except duckdb.IOException as error:
        raise RunError(f"samples cannot be read: {error}") from None


_TICKS = ", ".join(
    f"({name} + {TICK_NS // 2}) & {-TICK_NS} as {name}"
    for name in ("intended_ns", "sent_ns", "done_ns")
)
_SAMPLES = f"select * replace ({_TICKS}), file_index, file_row_number from read_parquet(?)"


def _settings() -> dict[str, Any]:
    return {
        "memory_limit": f"{MEMORY_MIB}MiB",
        "threads": min(THREADS, usable_cores()),
        "temp_directory": tempfile.gettempdir(),
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
    }
