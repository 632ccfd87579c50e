"""Tables of a run: one row per attempt at a trial, or one row per request."""

from dataclasses import fields
from typing import Any, Literal

import numpy as np
import pandas as pd

from webtrial.run.cached import cached_per_run
from webtrial.run.records import ConnectionStates, Cost, Trial
from webtrial.run.scenario_names import ONE_AT_A_TIME
from webtrial.run.store import Run

Clock = Literal["response", "service"]

CENSORED = "timeout"  # outcome of a request without a response: its time is a lower bound

TICK_NS = 1024
"""Request times are rounded to ticks of about a microsecond. Finer digits carry no information, and
a trimmed run (`publish.sample`) does not keep them, so its figures equal those of the whole run.
"""

TRIAL_KEYS = ("number", "attempt", "block", "cell", "role", "stack", "scenario", "load")
STARTED_NS = {"response": "intended_ns", "service": "sent_ns"}


def trials_table(run: Run) -> pd.DataFrame:
    """Return one row per attempt, in the order of measurement; column names contain the units.

    `final` marks the attempt that counts: the first valid one of its number, otherwise the last.
    `used` is final and not invalid: estimates use these rows. Values that were not observed are
    NaN.
    """
    return _table(run).copy()


@cached_per_run
def _table(run: Run) -> pd.DataFrame:
    frame = pd.DataFrame([_row(trial) for trial in run.trials], columns=list(_COLUMNS))
    frame["final"] = _final(frame)
    frame["used"] = frame["final"] & (frame["verdict"] != "invalid")
    return frame


def _row(trial: Trial) -> dict[str, Any]:
    return (
        _planned(trial)
        | _outcome(trial)
        | _connections(trial)
        | _cost(trial)
        | _instrument(trial)
        | _machine(trial)
    )


def _planned(trial: Trial) -> dict[str, Any]:
    planned, load = trial.planned, trial.planned.load
    return {
        "number": planned.number,
        "attempt": trial.attempt,
        "block": planned.block,
        "cell": planned.cell,
        "role": planned.role,
        "stack": planned.stack,
        "scenario": planned.scenario,
        "load": str(load),
        "load_kind": load.kind,
        "users": _number(load.users),
        "rate_per_s": _number(load.rate_per_s),
        "connections": _number(load.connections),
        "idle": load.idle,
        "started_at": trial.started_at,
        "verdict": trial.validity.verdict,
        "reasons": "; ".join(reason.text for reason in trial.validity.reasons),
    }


def _outcome(trial: Trial) -> dict[str, Any]:
    counts = trial.counts
    errors = sum(counts.errors.values())
    return {
        "window_s": trial.window_s,
        "scheduled": counts.scheduled,
        "sent": counts.sent,
        "dropped": counts.dropped,
        "succeeded": counts.succeeded,
        "completed": counts.completed,
        "errors": errors,
        "error_fraction": _per(errors, counts.sent),
        "throughput_per_s": counts.completed / trial.window_s,
    }


def _connections(trial: Trial) -> dict[str, Any]:
    """Return the fields of records.ConnectionStates, and the memory per connection."""
    cost, opened = trial.cost, getattr(trial.connection_states, "opened", 0)
    grown_mib = _number(cost.service_memory_mib) - _number(cost.service_memory_before_mib)
    return {
        **{
            name: _number(getattr(trial.connection_states, name, None))
            for name in _CONNECTION_STATES
        },
        "in_flight_mean": _number(trial.client.in_flight_observed),
        "kib_per_connection": _per(1024 * grown_mib, opened),
    }


_CONNECTION_STATES = tuple(field.name for field in fields(ConnectionStates))


def _cost(trial: Trial) -> dict[str, Any]:
    cost, completed = trial.cost, trial.counts.completed
    return {
        "cpu_ms_per_request": 1000 * _per(cost.service_cpu_s, completed),
        "database_cpu_ms_per_request": 1000 * _per(cost.database_cpu_s, completed),
        "upstreams_cpu_ms_per_request": 1000 * _per(cost.upstreams_cpu_s, completed),
        "service_memory_mib": _number(cost.service_memory_mib),
        "service_memory_before_mib": _number(cost.service_memory_before_mib),
        **_statements(cost),
        **_pool(cost),
    }


def _statements(cost: Cost) -> dict[str, Any]:
    counted = cost.statements
    return {
        f"{name}_per_request": _per(getattr(counted, field, None), getattr(counted, "requests", 0))
        for name, field in (
            ("data_statements", "data"),
            ("control_statements", "control"),
            ("rows", "rows"),
            ("database_time_ms", "time_ms"),
        )
    }


def _pool(cost: Cost) -> dict[str, Any]:
    requests = cost.statements.requests if cost.statements else 0
    return {
        "pool_checkouts_per_request": _per(cost.pool_checkouts, requests),
        "pool_wait_ms_per_request": _per(cost.pool_wait_ms, requests),
    }


def _instrument(trial: Trial) -> dict[str, Any]:
    client = trial.client
    excess = _per(client.in_flight_by_latency, client.in_flight_observed) - 1
    return {
        "client_cpu_fraction": client.cpu_fraction,
        "lag_p99_ms": client.lag_p99_ms,
        "worst_stall_ms": client.worst_stall_ms,
        "littles_law_error": abs(excess),
        "client_memory_mib": client.memory_mib,
    }


def _machine(trial: Trial) -> dict[str, Any]:
    machine = trial.machine
    speed = _per(machine.speed_after_per_s, machine.speed_before_per_s)
    return {
        "stolen_fraction": machine.stolen_fraction,
        "foreign_cpu_fraction": machine.foreign_cpu_fraction,
        "speed_per_s": (machine.speed_before_per_s + machine.speed_after_per_s) / 2,
        "speed_drift": abs(speed - 1),
    }


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _per(amount: float | None, count: float) -> float:
    return float("nan") if amount is None or not count else amount / count


_COLUMNS = (
    *TRIAL_KEYS,
    *("load_kind", "users", "rate_per_s", "connections", "idle"),
    *("started_at", "verdict", "reasons"),
    *("window_s", "scheduled", "sent", "dropped", "succeeded", "completed", "errors"),
    *_CONNECTION_STATES,
    *("in_flight_mean", "kib_per_connection"),
    *("error_fraction", "throughput_per_s", "cpu_ms_per_request", "database_cpu_ms_per_request"),
    *("upstreams_cpu_ms_per_request", "service_memory_mib", "service_memory_before_mib"),
    "data_statements_per_request",
    *("control_statements_per_request", "rows_per_request", "database_time_ms_per_request"),
    *("pool_checkouts_per_request", "pool_wait_ms_per_request"),
    *("client_cpu_fraction", "lag_p99_ms", "worst_stall_ms", "littles_law_error"),
    *("client_memory_mib", "stolen_fraction", "foreign_cpu_fraction", "speed_per_s"),
    "speed_drift",
)


def _final(trials: pd.DataFrame) -> pd.Series:
    """Mark one attempt of each number: the first valid one, otherwise the last."""
    order = trials.assign(touched=trials["verdict"] != "valid")
    order["rank"] = order["attempt"].where(~order["touched"], -order["attempt"])
    chosen = order.sort_values(["touched", "rank"], kind="stable").drop_duplicates("number")
    return pd.Series(trials.index.isin(chosen.index), index=trials.index)


def measured(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that figures and estimates use: `used`, and neither pilot nor A/A."""
    return trials[trials["used"] & (trials["role"] == "measure")]


def at_common_loads(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of scenarios that use the loads of the run.

    Scenarios that send one request at a time have tables of their own, because their rates and
    times are not comparable with the others.
    """
    return trials[~trials["scenario"].isin(ONE_AT_A_TIME)]


def records_of(run: Run, trials: pd.DataFrame) -> list[Trial]:
    """Return the records behind some rows of `trials_table`, in their order."""
    by_name = {(trial.planned.number, trial.attempt): trial for trial in run.trials}
    return [by_name[name] for name in zip(trials["number"], trials["attempt"], strict=True)]


def latencies(run: Run, trials: pd.DataFrame, clock: Clock = "response") -> pd.DataFrame:
    """Return the requests intended in the measured windows of `trials`, one row each.

    Columns: those of TRIAL_KEYS, `kind` of request, `latency_ms`, `censored`. The clock starts at
    the intended start (`response`) or when the request was sent (`service`). A timeout is a
    censored row: it took at least `latency_ms`. Requests that failed otherwise have no latency;
    `trials_table` counts them as errors.

    All rows are held in memory, so use this for single trials. Summaries of a run count requests
    instead (`counting.counted`).
    """
    parts = [_requests(run, trial, clock) for trial in records_of(run, trials)]
    rows = np.repeat(np.arange(len(trials)), [len(part) for part in parts])
    requests = pd.concat([_NO_REQUESTS, *parts], ignore_index=True)
    keys = trials[list(TRIAL_KEYS)].astype("category").iloc[rows].reset_index(drop=True)
    return pd.concat([keys, requests.astype({"kind": "category"})], axis=1)


_NO_REQUESTS = pd.DataFrame(
    {
        "kind": pd.Series(dtype=str),
        "latency_ms": pd.Series(dtype=float),
        "censored": pd.Series(dtype=bool),
    }
)


def _requests(run: Run, trial: Trial, clock: Clock) -> pd.DataFrame:
    started = STARTED_NS[clock]
    samples = run.samples(trial, ["phase", "kind", "outcome", "done_ns", started])
    kept = samples[(samples["phase"] == "measured") & samples["outcome"].isin(["ok", CENSORED])]
    return pd.DataFrame(
        {
            "kind": kept["kind"].astype(str),
            "latency_ms": (in_ticks(kept["done_ns"]) - in_ticks(kept[started])) / 1e6,
            "censored": kept["outcome"] == CENSORED,
        }
    )


def in_ticks(times_ns: pd.Series) -> pd.Series:
    """Round times to the nearest TICK_NS."""
    return (times_ns + TICK_NS // 2) & -TICK_NS


def count_invalid(trials: pd.DataFrame) -> int:
    """Return how many measured trials count but are invalid and therefore in no estimate.

    Every figure states this number. `trials` are rows of `trials_table`.
    """
    invalid = trials["final"] & (trials["verdict"] == "invalid")
    return int((invalid & (trials["role"] == "measure")).sum())
