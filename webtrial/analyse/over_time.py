"""When answers came: the requests of one trial by moment and response time, and its silences.

Time is that of the answer, not of the asking: while a service stands still there is a gap, and what
had to wait for its end comes after it, high up.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from webtrial.analyse.counting import over
from webtrial.analyse.estimates import labelled
from webtrial.analyse.timeline import find_trial, typical_trial
from webtrial.errors import RunError
from webtrial.records import Trial
from webtrial.runs import Run

MOMENTS = 90  # that a measured window is divided into
STEPS = 12  # of response times within a decade


@dataclass(frozen=True, slots=True)
class OverTime:
    """One typical trial of each stack, all in one cell.

    `cells`: stack, moment (0 to MOMENTS - 1), step (of response times: from 10^(step / STEPS) ms on),
    requests. `trials`, a row per stack in the order asked for: scenario, load, stack, title,
    framework, number, attempt, block, verdict, window_s, requests, silence_ms (the longest time
    without an answer), silent_from_s, slowest_ms.
    """

    cells: pd.DataFrame
    trials: pd.DataFrame


def over_time(run: Run, scenario: str, load: str, stacks: list[str] | tuple[str, ...]) -> OverTime:
    """The typical trials of `stacks` there, those left out that have none that counts."""
    found = []
    for stack in stacks:
        try:
            found.append(find_trial(run, *typical_trial(run, scenario, stack, load)))
        except RunError:
            continue
    cells = [_cells(run, trial) for trial in found]
    rows = [_trial(run, trial) for trial in found]
    trials = pd.DataFrame(rows, columns=list(_COLUMNS))
    return OverTime(
        pd.concat([_NOTHING, *cells], ignore_index=True),
        labelled(run, trials),
    )


_COLUMNS = (
    *("scenario", "load", "stack", "number", "attempt", "block", "verdict", "window_s"),
    *("requests", "silence_ms", "silent_from_s", "slowest_ms"),
)
_NOTHING = pd.DataFrame(
    {
        "stack": pd.Series(dtype=str),
        **{name: pd.Series(dtype=int) for name in ("moment", "step", "requests")},
    }
)


def _cells(run: Run, trial: Trial) -> pd.DataFrame:
    moment_ns = 1e9 * trial.window_s / MOMENTS
    rows = over(
        [run.path / trial.samples],
        f"""
        select floor(done_ns / {moment_ns})::integer as moment,
            floor({STEPS} * log10(greatest(done_ns - intended_ns, 1) / 1e6))::integer as step,
            count(*) as requests
        from samples
        where outcome = 'ok' and done_ns >= 0 and done_ns < {1e9 * trial.window_s}
        group by all order by all
        """,
    )
    rows.insert(0, "stack", trial.planned.stack)
    return rows


def _trial(run: Run, trial: Trial) -> dict[str, object]:
    answered = over(
        [run.path / trial.samples],
        f"""
        select done_ns, done_ns - intended_ns as took_ns from samples
        where outcome = 'ok' and done_ns >= 0 and done_ns < {1e9 * trial.window_s}
        order by done_ns
        """,
    )
    moments_s = np.concatenate([[0.0], answered["done_ns"] / 1e9, [trial.window_s]])
    gaps_s = np.diff(moments_s)
    longest = int(gaps_s.argmax())
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
        "requests": len(answered),
        "silence_ms": 1000 * float(gaps_s[longest]),
        "silent_from_s": float(moments_s[longest]),
        "slowest_ms": float(answered["took_ns"].max() / 1e6) if len(answered) else float("nan"),
    }
