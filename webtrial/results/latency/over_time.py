"""Responses of one trial by time and response time, and its silences.

The time is that of the response, not of the request. While a service stalls there is a gap, and the
requests that had to wait follow it with high response times.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from webtrial.errors import RunError
from webtrial.results.latency.timeline import find_trial, typical_trial
from webtrial.run.records import Trial
from webtrial.run.store import Run
from webtrial.stats.counting import query_samples
from webtrial.stats.estimates import labelled

TIME_BINS = 90  # of a measured window
BINS_PER_DECADE = 16  # of response times


@dataclass(frozen=True, slots=True)
class OverTime:
    """One typical trial of each stack, all in one cell.

    `cells`: stack, moment (0 to TIME_BINS - 1), step (of response times:
    10^(step / BINS_PER_DECADE) ms and more), requests.

    `trials`, a row per stack in the order requested: scenario, load, stack, title, framework,
    number, attempt, block, verdict, window_s, requests (completed in the window), silence_ms (the
    longest time without a response), silent_from_s, slowest_ms, lost_rows (requests that were sent
    before the window and completed in it, but are missing because the run was trimmed: the silence
    before the first remaining response is then not counted).
    """

    cells: pd.DataFrame
    trials: pd.DataFrame


def over_time(run: Run, scenario: str, load: str, stacks: Sequence[str]) -> OverTime:
    """Return the typical trials of `stacks` in a cell.

    Stacks without a usable trial are omitted.
    """
    typical = list(_typical(run, scenario, load, stacks))
    if not typical:
        return OverTime(_NO_CELLS, pd.DataFrame(columns=["stack", "title"]))
    files = [run.path / trial.samples for trial in typical]
    window_ns = round(1e9 * typical[0].window_s)  # the same for all trials of the cell
    cells = _cells(files, window_ns)
    stack_of_file = pd.Series([trial.planned.stack for trial in typical])
    cells.insert(0, "stack", stack_of_file.iloc[cells.pop("file_index")].to_numpy())
    lost = _lost_rows(typical, files, window_ns)
    silences = _silences(files, window_ns, lost).drop(columns="file_index")
    trials = pd.DataFrame(list(map(_trial_row, typical)))
    silences["lost_rows"] = lost
    return OverTime(cells, labelled(run, pd.concat([trials, silences], axis=1)))


_NO_CELLS = pd.DataFrame(
    {
        "stack": pd.Series(dtype=str),
        **{name: pd.Series(dtype=int) for name in ("moment", "step", "requests")},
    }
)


def _typical(run: Run, scenario: str, load: str, stacks: Sequence[str]) -> Iterator[Trial]:
    for stack in stacks:
        with suppress(RunError):
            yield find_trial(run, *typical_trial(run, scenario, stack, load))


def _trial_row(trial: Trial) -> dict[str, object]:
    planned = trial.planned
    return {
        "scenario": planned.scenario,
        "load": str(planned.load),
        "stack": planned.stack,
        "number": planned.number,
        "attempt": trial.attempt,
        "block": planned.block,
        "verdict": trial.validity.verdict,
        "window_s": trial.window_s,
    }


def _cells(files: Sequence[Path], window_ns: int) -> pd.DataFrame:
    latency_ms = "greatest(done_ns - intended_ns, 1) / 1e6"
    return query_samples(
        files,
        f"""
        select file_index, ({TIME_BINS} * done_ns // {window_ns})::integer as moment,
            floor({BINS_PER_DECADE} * log10({latency_ms}))::integer as step, count(*) as requests
        from samples where {_completed(window_ns)} group by all order by all
        """,
    )


def _lost_rows(trials: Sequence[Trial], files: Sequence[Path], window_ns: int) -> list[int]:
    """Return how many responses of each window the records count but the files do not have.

    They are missing if the requests of the warm-up were trimmed.
    """
    counts = query_samples(
        files,
        f"""
        select file_index, count(*) filter ({_completed(window_ns)}) as completed,
            bool_or(intended_ns < 0) as has_warmup
        from samples group by file_index
        """,
    ).set_index("file_index")
    rows = counts.reindex(range(len(files))).to_dict("index").values()
    return [
        0 if row["has_warmup"] else max(trial.counts.completed - int(row["completed"]), 0)
        for trial, row in zip(trials, rows, strict=True)
    ]


def _silences(files: Sequence[Path], window_ns: int, lost_rows: Sequence[int]) -> pd.DataFrame:
    """Return the silences of each file, a row per file in their order.

    The window's end counts as a response; its start counts as one only if no rows are lost.
    """
    starts = ", ".join(str(bool(lost)).lower() for lost in lost_rows)
    return query_samples(
        files,
        f"""
        select file_index, count(latency_ns) as requests, max(gap_ns) / 1e6 as silence_ms,
            arg_max(done_ns - gap_ns, gap_ns) / 1e9 as silent_from_s,
            max(latency_ns) / 1e6 as slowest_ms
        from (
            select *, done_ns - coalesce(
                    lag(done_ns) over (partition by file_index order by done_ns),
                    case when [{starts}][file_index::bigint + 1] then done_ns else 0 end
                ) as gap_ns
            from (
                select file_index, done_ns, done_ns - intended_ns as latency_ns
                from samples where {_completed(window_ns)}
                union all
                select range as file_index, {window_ns}::bigint, null from range({len(files)})
            )
        )
        group by file_index order by file_index
        """,
    )


def _completed(window_ns: int) -> str:
    """Return the SQL condition that a request succeeded within the measured window."""
    return f"outcome = 'ok' and done_ns >= 0 and done_ns < {window_ns}"
