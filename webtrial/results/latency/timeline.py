"""One trial over time: its requests, its rates, and the resources used in each second."""

from dataclasses import asdict, dataclass
from math import ceil, nan
from pathlib import Path

import numpy as np
import pandas as pd

from webtrial.errors import RunError
from webtrial.run.records import ResourceSample, Trial
from webtrial.run.store import Run
from webtrial.stats.counting import bucket_of, query_samples
from webtrial.stats.histogram import histogram
from webtrial.stats.trials import measured, trials_table

BIN_S = 0.1


@dataclass(frozen=True, slots=True)
class Timeline:
    """One trial over time.

    `requests`: t_s (of the intended start), latency_ms, ok; warm-up has t_s < 0; at most about 560
    rows, every n-th request in time and all of the slowest (`run.samples(trial)` has the rest).
    `bins`, each BIN_S wide: t_s (its start), sent_per_s, completed_per_s (NaN in the warm-up if a
    trimmed run does not have its requests), median_ms, worst_ms (of successful requests intended in
    the bin). `median_ms` covers all successful requests of the window. Medians lie within
    histogram.RESOLUTION. `resources`: the fields of records.ResourceSample.
    """

    trial: Trial
    requests: pd.DataFrame
    bins: pd.DataFrame
    median_ms: float
    resources: pd.DataFrame


MAX_POINTS = 500
SLOWEST = 60


def timeline(run: Run, number: int, attempt: int = 1) -> Timeline:
    """Return the timeline of attempt `attempt` at trial `number`; RunError if there is none."""
    trial = find_trial(run, number, attempt)
    file = run.path / trial.samples
    grid = _Grid.of(trial)
    latencies = _latencies(file, grid)
    in_window = latencies[latencies["bin"].between(grid.warmup, grid.bins - 1)]
    names = list(ResourceSample.__dataclass_fields__)
    resources = pd.DataFrame([asdict(sample) for sample in trial.resource_samples], columns=names)
    bins = _bins(file, grid, latencies)
    if not _has_warmup(file):
        bins.loc[bins["t_s"] < 0, [*_RATES]] = nan
    return Timeline(
        trial,
        _points(file),
        bins,
        histogram(in_window).percentile_ms(50),
        resources,
    )


def shown_trial(run: Run) -> tuple[int, int]:
    """Return number and attempt of the trial whose timeline the report shows.

    It is a typical one of the first stack at the first scenario. RunError if no trial counts.
    """
    parameters = run.manifest.parameters
    return typical_trial(run, parameters.scenarios[0], parameters.stacks[0])


def typical_trial(run: Run, scenario: str, stack: str, load: str | None = None) -> tuple[int, int]:
    """Return number and attempt of the trial of `stack` at `scenario` with the median throughput.

    The load is `load`, or if that is None the largest closed (otherwise open) load. Valid trials
    are preferred; suspect ones are used only if none is valid. RunError if no trial counts.
    """
    trials = measured(trials_table(run))
    trials = trials[(trials["scenario"] == scenario) & (trials["stack"] == stack)]
    trials = trials if load is None else trials[trials["load"] == load]
    if trials.empty:
        cell = f"{scenario}, {load}" if load else scenario
        raise RunError(f"no usable trial of {stack} in {cell} in {run.path}; see trials_table(run)")
    ranks = ["valid_last", "load_kind", "users", "rate_per_s"]
    trials = trials.assign(valid_last=trials["verdict"] != "valid")
    trials = trials.sort_values(ranks, ascending=[True, True, False, False])
    first = trials.iloc[0]
    trials = trials[
        (trials["load"] == first["load"]) & (trials["verdict"] == first["verdict"])
    ].sort_values("throughput_per_s")
    row = trials.iloc[(len(trials) - 1) // 2]
    return int(row["number"]), int(row["attempt"])


def find_trial(run: Run, number: int, attempt: int) -> Trial:
    """Return the record of attempt `attempt` at trial `number`; RunError if there is none."""
    for trial in run.trials:
        if (trial.planned.number, trial.attempt) == (number, attempt):
            return trial
    raise RunError(f"{run.path} has no attempt {attempt} at trial {number}; see trials_table(run)")


@dataclass(frozen=True, slots=True)
class _Grid:
    """Bins of equal width: the number before the window opens, and the total number."""

    width_ns: int
    warmup: int
    bins: int

    @classmethod
    def of(cls, trial: Trial) -> "_Grid":
        warmup = ceil(trial.warmup_s / BIN_S)
        return cls(round(1e9 * BIN_S), warmup, warmup + round(trial.window_s / BIN_S))

    def bin_of(self, time_ns: str) -> str:
        """Return the SQL expression for the bin of a time; negative before the first bin."""
        return f"floor({time_ns} / {self.width_ns})::integer + {self.warmup}"


_RATES = ("sent_per_s", "completed_per_s")


def _has_warmup(file: Path) -> bool:
    """Whether the file has requests that ended before the window."""
    negative = query_samples([file], "select count(*) as n from samples where done_ns < 0")
    return bool(negative["n"].any())


def _points(file: Path) -> pd.DataFrame:
    return query_samples(
        [file],
        f"""
        select intended_ns / 1e9 as t_s, (done_ns - intended_ns) / 1e6 as latency_ms,
            outcome = 'ok' as ok
        from samples
        where file_row_number
                % (select greatest(1, ceil(count(*) / {MAX_POINTS}))::bigint from samples) = 0
            or file_row_number in (
                select file_row_number from samples
                order by done_ns - intended_ns desc, file_row_number limit {SLOWEST})
        order by file_row_number
        """,
    )


def _bins(file: Path, grid: _Grid, latencies: pd.DataFrame) -> pd.DataFrame:
    by_bin = latencies.groupby("bin")
    columns = {
        "sent_per_s": _rate_per_s(file, grid, "sent_ns", "true"),
        "completed_per_s": _rate_per_s(file, grid, "done_ns", "outcome = 'ok'"),
        "median_ms": pd.Series(
            {index: histogram(part).percentile_ms(50) for index, part in by_bin}
        ),
        "worst_ms": by_bin["worst_ms"].max(),
    }
    bins = range(grid.bins)
    frame = pd.DataFrame({name: values.reindex(bins) for name, values in columns.items()})
    frame[[*_RATES]] = frame[[*_RATES]].fillna(0.0)
    frame.insert(0, "t_s", (np.arange(grid.bins) - grid.warmup) * grid.width_ns / 1e9)
    return frame


def _rate_per_s(file: Path, grid: _Grid, time_ns: str, where: str) -> pd.Series:
    bin_sql = grid.bin_of(time_ns)
    query = f"select {bin_sql} as bin, count(*) as n from samples where {where} group by bin"
    return query_samples([file], query).set_index("bin")["n"] / (grid.width_ns / 1e9)


def _latencies(file: Path, grid: _Grid) -> pd.DataFrame:
    """Return latencies of successful requests.

    A row per bin of the intended start and bucket of `histogram`.
    """
    latency_ns = "done_ns - intended_ns"
    return query_samples(
        [file],
        f"""
        select {grid.bin_of("intended_ns")} as bin, {bucket_of(latency_ns)} as bucket,
            count(*) as requests, 0 as censored, sum({latency_ns}) / 1e6 as total_ms,
            max({latency_ns}) / 1e6 as worst_ms
        from samples where outcome = 'ok' group by bin, bucket
        """,
    )
