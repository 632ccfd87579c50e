"""A trial of which a test says only what it is about."""

from dataclasses import replace
from typing import Any

import pyarrow as pa

from webtrial.run.records import (
    Client,
    Cost,
    Counts,
    Load,
    Machine,
    PlannedTrial,
    Reason,
    ResourceSample,
    Role,
    Trial,
    Upstream,
    Validity,
)
from webtrial.run.sample_rows import SAMPLES
from webtrial.run.store import samples_name

DISTURBED = Validity("suspect", (Reason("stolen", "machine", "suspect", "12 % stolen"),))
STALLED = Validity("invalid", (Reason("stall", "instrument", "invalid", "stood still"),))
LOST = Validity("invalid", (Reason("driver", "instrument", "invalid", "it died"),))

CLOSED = Load("closed", users=100)
OPEN = Load("open", rate_per_s=200.0)

COUNTS = Counts(1000, 1000, 0, 1000, 1000, {}, {"200": 1000})
CLIENT = Client(
    cpu_fraction=0.2,
    lag_p99_ms=0.3,
    median_latency_ms=10.0,
    worst_stall_ms=5.0,
    in_flight_observed=100.0,
    in_flight_by_latency=100.0,
    connections=100,
    connections_reopened=0,
    responses_unread=0,
    memory_mib=60.0,
)
MACHINE = Machine(0.0, 0.01, 600.0, 600.0)


def a_trial(
    stack: str = "django",
    scenario: str = "user_detail",
    number: int = 1,
    attempt: int = 1,
    role: Role = "measure",
    completed: int = 1000,
    window_s: float = 3.0,
    **changes: Any,
) -> Trial:
    """A valid trial of a closed load, changed as asked."""
    trial = Trial(
        planned=PlannedTrial(number, 1, 1, stack, scenario, CLOSED, 7, role),
        attempt=attempt,
        started_at="2026-11-22T12:00:00+00:00",
        warmup_s=1.0,
        window_s=window_s,
        counts=replace(COUNTS, completed=completed),
        client=CLIENT,
        machine=MACHINE,
        cost=Cost(2.0, 0.7, None, 80.0, None),
        resource_samples=(ResourceSample(1.0, 0.7, 0.2, None, 80.0, 150.0),),
        upstreams=(Upstream("inventory", 0, None, None, None, None),),
        validity=Validity("valid"),
        samples=samples_name(number, attempt),
    )
    return replace(trial, **changes)


def some_samples(rows: int = 3) -> pa.Table:
    """A table of successes."""
    times = [1_000_000 * row for row in range(rows)]
    return pa.table(
        {
            "phase": ["measured"] * rows,
            "connection": [0] * rows,
            "kind": ["user"] * rows,
            "intended_ns": times,
            "sent_ns": times,
            "done_ns": [each + 500_000 for each in times],
            "status": [200] * rows,
            "body_bytes": [120] * rows,
            "outcome": ["ok"] * rows,
        }
    ).cast(SAMPLES)
