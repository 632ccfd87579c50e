"""Where a request's time goes: its mean response time by what was waited for.

All are means because means can be added and percentiles cannot.
"""

from math import nan
from typing import Any

import pandas as pd

from webtrial.results.dashboard.upstreams import upstream_times
from webtrial.run.records import Trial
from webtrial.run.store import Run
from webtrial.stats.counting import by_trial, request_counts
from webtrial.stats.estimates import CELL, at_main_load, in_order, labelled
from webtrial.stats.trials import at_common_loads, measured, records_of, trials_table

PARTS = {  # column → where the time goes, in the order of drawing
    "database_ms": "PostgreSQL",
    "upstreams_ms": "upstreams",
    "connection_ms": "waiting for a connection",
    "cpu_ms": "service CPU time",
    "queue_ms": "queueing",
}
_OBSERVED = tuple(PARTS)[:-1]


def request_time(run: Run) -> pd.DataFrame:
    """Return the mean response time and its parts at each scenario's main closed load.

    A row per scenario and stack, means over trials. Columns: scenario, load_kind, load, stack,
    title, framework, response_ms; database_ms (in statements, by PostgreSQL's own count),
    upstreams_ms (their measured times: the sum if the stack calls them in turn, the slowest if at
    once), connection_ms (waiting for a database connection), cpu_ms (the service's CPU time),
    queue_ms (the rest: waiting for a thread, the interpreter or a core), excess_ms (by how much the
    other parts exceed the whole, if they do: then they overlap and queue_ms is 0), unknown (parts
    that were not observed: they are NaN and included in the rest), blocks, suspect_blocks.
    `fan_out` is excluded because its requests are of many kinds.
    """
    trials = at_main_load(at_common_loads(measured(trials_table(run))))
    counts = by_trial(request_counts(run, trials))
    means = {key: requests.mean_ms for key, requests in counts.items()}
    keys = zip(trials["number"], trials["attempt"], strict=True)
    frame = trials.assign(
        response_ms=[means.get(key, nan) for key in keys],
        upstreams_ms=[_upstreams_ms(run, trial) for trial in records_of(run, trials)],
    )
    frame = frame.rename(columns=_NAMES).dropna(subset=["response_ms"])
    groups = frame.groupby([*CELL, "stack"], sort=False)
    rows = [dict(zip([*CELL, "stack"], key, strict=True)) | _row(group) for key, group in groups]
    columns = ["response_ms", *PARTS, "excess_ms", "unknown", "blocks", "suspect_blocks"]
    return in_order(run, labelled(run, pd.DataFrame(rows, columns=[*CELL, "stack", *columns])))


_NAMES = {
    "database_time_ms_per_request": "database_ms",
    "pool_wait_ms_per_request": "connection_ms",
    "cpu_ms_per_request": "cpu_ms",
}


def _row(trials: pd.DataFrame) -> dict[str, Any]:
    means = {name: float(trials[name].mean()) for name in ("response_ms", *_OBSERVED)}
    rest_ms = means["response_ms"] - sum(means[name] for name in _OBSERVED if means[name] > 0)
    return means | {
        "queue_ms": max(rest_ms, 0.0),
        "excess_ms": max(-rest_ms, 0.0),
        "unknown": ", ".join(PARTS[name] for name in _OBSERVED if pd.isna(means[name])),
        "blocks": len(trials),
        "suspect_blocks": int((trials["verdict"] == "suspect").sum()),
    }


def _upstreams_ms(run: Run, trial: Trial) -> float:
    """Return how long a request of a trial waited for upstreams.

    NaN if it is unknown how the stack called them.
    """
    times = upstream_times(trial)
    if times is None:
        return 0.0
    match run.manifest.stacks[trial.planned.stack].get("sources"):
        case "in turn":
            return times.in_turn_ms
        case "threads" | "gather":
            return times.slowest_ms
    return nan
