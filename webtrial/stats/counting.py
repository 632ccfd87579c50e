"""Counts of requests, computed by DuckDB from a run's Parquet files in bounded memory.

The size of a result depends on the number of histogram buckets or timeline bins, not on the number
of requests in the run.
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

MEMORY_MIB = 256  # DuckDB's memory limit; it spills the rest to disk
THREADS = 4  # upper limit: each thread holds part of a file in memory
FILES_CACHED = 1024  # files with cached counts: chapters read the same cells repeatedly


def request_counts(
    run: Run,
    trials: pd.DataFrame,
    clock: Clock = "response",
    kinds: bool = False,
    phase: Phase = "measured",
) -> pd.DataFrame:
    """Count the requests of `trials` by response time: a row per trial and bucket of `histogram`.

    Counts the requests that `latencies` returns, or the corresponding ones of another `phase`.
    Columns: those of TRIAL_KEYS, `kind` of request if `kinds`, `bucket`, `requests`, `censored`
    (how many of them timed out), `total_ms`.
    """
    if trials.empty:
        return pd.DataFrame(columns=[*TRIAL_KEYS, *["kind"] * kinds, *_COUNTS])
    files = [run.path / trial.samples for trial in records_of(run, trials)]
    parts = _counted(files, STARTED_NS[clock], kinds, phase)
    rows_of_trial = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    keys = trials[list(TRIAL_KEYS)].astype("category").iloc[rows_of_trial]
    return pd.concat([keys.reset_index(drop=True), pd.concat(parts, ignore_index=True)], axis=1)


_Query = tuple[str, bool, Phase]
_CACHE: dict[tuple[Path, *_Query], pd.DataFrame] = {}
_CACHE_LOCK = Lock()


def _counted(files: Sequence[Path], *query_key: *_Query) -> list[pd.DataFrame]:
    """Return the counts of each file, reading each file once per query.

    Files never change once written, so their counts are cached: the median, its tail and its ratios
    use the same counts. Callers must not modify them.
    """
    counts = {file: _CACHE[name] for file in files if (name := (file, *query_key)) in _CACHE}
    if missing := [file for file in dict.fromkeys(files) if file not in counts]:
        counts |= dict(zip(missing, _read(missing, *query_key), strict=True))
        with _CACHE_LOCK:
            _CACHE.update({(file, *query_key): counts[file] for file in missing})
            for oldest in list(_CACHE)[:-FILES_CACHED]:
                del _CACHE[oldest]
    return [counts[file] for file in files]


def _read(files: Sequence[Path], started_ns: str, kinds: bool, phase: Phase) -> list[pd.DataFrame]:
    """Read the counts of each file with one query over all files."""
    keys = ["file_index", "kind"] if kinds else ["file_index"]
    latency_ns = f"done_ns - {started_ns}"
    rows = query_samples(
        files,
        f"""
        select {", ".join(keys)}, {bucket_of(latency_ns)} as bucket, count(*) as requests,
            count(*) filter (outcome = '{CENSORED}') as censored,
            sum({latency_ns}) / 1e6 as total_ms
        from samples where phase = '{phase}' and outcome in ('ok', '{CENSORED}')
        group by all order by all
        """,
    )
    ends = np.searchsorted(rows.pop("file_index"), np.arange(len(files) + 1))
    return [rows.iloc[low:high] for low, high in pairwise(ends)]


_COUNTS = ("bucket", "requests", "censored", "total_ms")


def by_trial(counts: pd.DataFrame) -> dict[tuple[Any, Any], Histogram]:
    """Return the histogram of each trial in `request_counts`, keyed by number and attempt."""
    groups = counts.groupby(["number", "attempt"], observed=True)
    return {(number, attempt): histogram(part) for (number, attempt), part in groups}


def bucket_of(latency_ns: str) -> str:
    """Return the SQL expression for the bucket of a latency in ns.

    The clock counts whole nanoseconds, so anything shorter than 1 ns counts as 1 ns.
    """
    return f"floor(ln(greatest({latency_ns}, 1)) / ln(1 + {RESOLUTION}))::integer"


def query_samples(files: Sequence[Path], select: str) -> pd.DataFrame:
    """Run a query over `samples` and return its result.

    `samples` holds the rows of the files with the columns of store.SAMPLES, times in ticks
    (TICK_NS), plus `file_index` (position in `files`) and `file_row_number`. Raises RunError if the
    files cannot be read.
    """
    query = f"with samples as not materialized ({_SAMPLES}) {select}"
    try:
        with duckdb.connect(config=_settings()) as connection:
            return connection.execute(query, [[str(file) for file in files]]).df()
    except duckdb.IOException as error:
        raise RunError(
            f"samples cannot be read: {error}. Restore them from a copy, or measure them again with"
            " --resume"
        ) from None


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
