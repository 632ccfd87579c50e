"""Records that make up a run: frozen, with units in the field names.

A `Trial` is written to `trials/NNNN-attempt.json`; everything else here is a part of one.
Fields that could not be observed (such as another machine's CPU) are None, never zero.
"""

from dataclasses import dataclass, field, fields
from typing import Any, Literal

from webtrial.run.cards import card, rows_as_html

Phase = Literal["warmup", "measured", "cooldown"]
Role = Literal["pilot", "measure", "a/a"]
Verdict = Literal["valid", "suspect", "invalid"]
GateKind = Literal["instrument", "machine"]

PHASES: tuple[Phase, ...] = ("warmup", "measured", "cooldown")


class Record:
    """Base class of records: a notebook shows one as a table of its fields."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        names = [each.name for each in fields(self)]  # type: ignore[arg-type]
        return card(type(self).__name__, {name: _cell_value(getattr(self, name)) for name in names})


def _cell_value(value: Any) -> Any:
    """Return a field as a card shows it: a tuple by its length and type, other values as is."""
    if isinstance(value, Load):
        return str(value)
    if isinstance(value, tuple):
        return f"{len(value)} × {type(value[0]).__name__}" if value else "none"
    return value


OF_PILOT = " of pilot"
"""Suffix of the name of a load that is a fraction of each stack's capacity in the pilot."""


@dataclass(frozen=True, slots=True)
class Load(Record):
    """How requests are offered: by `users` in a closed loop, as Poisson arrivals at `rate_per_s`,
    or over persistent `connections`. Persistent connections send requests at equal intervals,
    `rate_per_s` in total; `idle` further connections are opened and send nothing.

    If each stack of a cell has its own rate, they share `capacity_fraction`: the rate as a fraction
    of the stack's capacity in the pilot.
    """

    kind: Literal["closed", "open", "persistent"]
    users: int | None = None
    rate_per_s: float | None = None
    capacity_fraction: float | None = None
    connections: int | None = None
    idle: int = 0

    def __str__(self) -> str:
        """Return the label for axes and tables, the same for all stacks of a cell.

        Examples: `100 users`, `200/s`, `70 % of pilot`, `100 connections, 16 idle`.
        """
        if self.kind == "closed":
            return f"{self.users} user" + "s" * (self.users != 1)
        if self.kind == "persistent":
            return f"{self.connections} connections" + (f", {self.idle} idle" * bool(self.idle))
        if self.capacity_fraction is not None:
            return f"{self.capacity_fraction:.0%}{OF_PILOT}".replace("%", " %")
        return f"{self.rate_per_s:g}/s"


@dataclass(frozen=True, slots=True)
class PlannedTrial(Record):
    """One stack × one scenario × one load, at its place in the run.

    `cell` numbers the cells of a block in the order of measurement. `seed` is the same for all
    stacks of a cell: they receive the same requests.
    """

    number: int
    block: int
    cell: int
    stack: str
    scenario: str
    load: Load
    seed: int
    role: Role = "measure"


@dataclass(frozen=True, slots=True)
class Counts(Record):
    """Requests by outcome. All fields but `completed` count requests intended in the window.

    `scheduled` = `sent` + `dropped`; `sent` = `succeeded` + the sum of `errors`.
    `completed` counts successes whose last byte arrived within the window: throughput × window.
    """

    scheduled: int
    sent: int
    dropped: int
    succeeded: int
    completed: int
    errors: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Client(Record):
    """The load driver's measurements of itself in the measured window.

    `cpu_fraction` is of one core. `lag_p99_ms` is by how much requests were sent after their
    intended start, `worst_stall_ms` the longest time for which the event loop did nothing.
    `in_flight_observed` are the requests in progress, counted and averaged over the window;
    `in_flight_by_latency` the same from the response times: by Little's law both are equal.
    `connections_reopened` counts further openings of the same connection, `responses_unread` the
    requests that were still in progress at the end. `realtime_priority`: the driver ran on its own
    core, with real-time priority if permitted.
    """

    cpu_fraction: float
    lag_p99_ms: float
    median_latency_ms: float | None
    worst_stall_ms: float
    in_flight_observed: float
    in_flight_by_latency: float
    connections: int
    connections_reopened: int
    responses_unread: int
    memory_mib: float
    realtime_priority: bool = False


@dataclass(frozen=True, slots=True)
class ConnectionStates(Record):
    """Persistent connections by their state when the load ended.

    Each is opened once. `refused` were never open. `reset` were ended by the server, in any way.
    `timed_out` were closed by the load driver after a request that took too long.
    `opened` = `still_open` + `reset` + `timed_out`. Idle connections are counted separately.
    """

    opened: int
    refused: int
    reset: int
    timed_out: int
    still_open: int
    idle_opened: int
    idle_still_open: int


@dataclass(frozen=True, slots=True)
class Worker(Record):
    """One of several load drivers that shared a trial: its part, and its own measurements.

    A request belongs to this worker if connection mod (number of workers) = `index`. `users` is its
    part of a closed load. `clock_error_ms` bounds the difference between its actual and the agreed
    start (0 if all workers read the same clock).
    """

    index: int
    users: int | None
    counts: Counts
    client: Client
    clock_error_ms: float = 0.0
    shard: str | None = None


@dataclass(frozen=True, slots=True)
class Machine(Record):
    """The machine's other activity, as fractions of all cores, and its speed.

    Speeds count how often per second a fixed piece of Python work runs (`measure.machine`).
    `throttled_periods` counts the periods in which a CPU quota stopped us, None without a quota.
    `suspended_s` is how long the machine was suspended, None in runs older than this field.
    """

    stolen_fraction: float
    foreign_cpu_fraction: float
    speed_before_per_s: float
    speed_after_per_s: float
    throttled_periods: int | None = None
    suspended_s: float | None = None


@dataclass(frozen=True, slots=True)
class Statements(Record):
    """PostgreSQL's statistics of this stack's database (pg_stat_statements), from the first to the
    last request, warm-up included. Divide by `requests` for values per request.

    `data` statements select, insert, update or delete; `control` statements begin and end
    transactions or reset a connection. `rows` are those returned or changed, `time_ms` is the time
    that PostgreSQL worked on the statements.
    """

    requests: int
    data: int
    control: int
    rows: int
    time_ms: float


@dataclass(frozen=True, slots=True)
class Cost(Record):
    """CPU-seconds within the measured window, by process tree. The service's memory at the end of
    the window, and before its first connection was opened.

    `pool_checkouts` counts how often the requests counted in `statements` took a database
    connection from the service's pool; `pool_wait_ms` is their total wait for one.
    """

    service_cpu_s: float | None
    database_cpu_s: float | None
    upstreams_cpu_s: float | None
    service_memory_mib: float | None
    statements: Statements | None
    service_memory_before_mib: float | None = None
    pool_checkouts: int | None = None
    pool_wait_ms: float | None = None


@dataclass(frozen=True, slots=True)
class ResourceSample(Record):
    """One second of a trial; `t_s` counts from the start of the measured window.

    CPU fractions refer to one core. The load driver is not sampled: sampling would disturb it.
    """

    t_s: float
    service_cpu_fraction: float | None
    database_cpu_fraction: float | None
    upstreams_cpu_fraction: float | None
    service_memory_mib: float | None
    database_memory_mib: float | None


@dataclass(frozen=True, slots=True)
class Upstream(Record):
    """Requests to an upstream during the trial, with requested and actual delays."""

    name: str
    requests: int
    requested_mean_ms: float | None
    actual_mean_ms: float | None
    actual_p50_ms: float | None
    actual_p99_ms: float | None


@dataclass(frozen=True, slots=True)
class Reason(Record):
    """Why a gate was triggered: `gate` is its name, `text` gives the value and the bound."""

    gate: str
    kind: GateKind
    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True)
class Validity(Record):
    """A trial's verdict: the worst of its reasons, valid if there are none."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial(Record):
    """One complete attempt at a planned trial. `samples` names its Parquet file in the run.

    If several drivers shared the load, `workers` describes each of them; `counts` and `client`
    cover all: sums, percentiles of all requests, and the worst CPU and stall values.

    `service_ended` holds the end of the service's log if it ended during the trial, which counts
    as an outcome. `connection_states` describes the persistent connections, if that was the load.
    """

    planned: PlannedTrial
    attempt: int
    started_at: str
    warmup_s: float
    window_s: float
    counts: Counts
    client: Client
    machine: Machine
    cost: Cost
    resource_samples: tuple[ResourceSample, ...]
    upstreams: tuple[Upstream, ...]
    validity: Validity
    samples: str
    workers: tuple[Worker, ...] = ()
    service_ended: str | None = None
    connection_states: ConnectionStates | None = None


class Trials(tuple[Trial, ...]):
    """A tuple of a run's attempts; a notebook shows the first and the last of them."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self)} trial attempts; webtrial.trials_table(run) has a row for each>"

    def _repr_html_(self) -> str:
        shown = (
            [*self] if len(self) <= 2 * ENDS_SHOWN else [*self[:ENDS_SHOWN], *self[-ENDS_SHOWN:]]
        )
        count = f"{len(self):,} attempts"
        suffix = f", the first and last {ENDS_SHOWN}" if len(shown) < len(self) else ""
        hint = "<p><code>webtrial.trials_table(run)</code> has a row for each.</p>"
        return card(count + suffix, {}, rows_as_html(_ATTEMPT, map(_attempt, shown)) + hint)


ENDS_SHOWN = 5
_ATTEMPT = (
    *("number", "attempt", "block", "stack", "scenario", "load", "role"),
    *("requests per second", "errors", "verdict"),
)


def _attempt(trial: Trial) -> tuple[Any, ...]:
    planned, counts = trial.planned, trial.counts
    rate_per_s = f"{counts.completed / trial.window_s:,.0f}" if trial.window_s else "–"
    return (
        *(planned.number, trial.attempt, planned.block, planned.stack, planned.scenario),
        *(planned.load, planned.role, rate_per_s, sum(counts.errors.values())),
        trial.validity.verdict,
    )
