"""What a run consists of: frozen records, units in their names.

A `Trial` is what is written to `trials/NNNN-attempt.json`; everything else here is a part of one.
Fields that could not be observed (another machine's CPU, say) are None, never zero.
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
    """Shows itself in a notebook as a table of its fields."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        names = [each.name for each in fields(self)]  # type: ignore[arg-type]
        return card(type(self).__name__, {name: _told(getattr(self, name)) for name in names})


def _told(value: Any) -> Any:
    """A field as a card shows it: of several records how many, text as it stands."""
    if isinstance(value, Load):
        return str(value)
    if isinstance(value, tuple):
        return f"{len(value)} × {type(value[0]).__name__}" if value else "none"
    return value


OF_PILOT = " of pilot"
"""Ends the name of a load that is a share of what each stack reached in the pilot."""


@dataclass(frozen=True, slots=True)
class Load(Record):
    """How requests are offered: `users` in a closed loop, `rate_per_s` Poisson arrivals, or
    `rate_per_s` in all over `connections` that are held, each of which asks at equal intervals,
    beside `silent` ones that are opened and never ask.

    Where each stack of a cell has its own rate, `capacity_fraction` is what they have in common:
    the share of what the stack reached in the pilot.
    """

    kind: Literal["closed", "open", "held"]
    users: int | None = None
    rate_per_s: float | None = None
    capacity_fraction: float | None = None
    connections: int | None = None
    silent: int = 0

    def __str__(self) -> str:
        """As axes and tables show it, equal within a cell: `100 users`, `200/s`, `70 % of pilot`,
        `100 connections, 16 silent`."""
        if self.kind == "closed":
            return f"{self.users} user" + "s" * (self.users != 1)
        if self.kind == "held":
            return f"{self.connections} connections" + (
                f", {self.silent} silent" * bool(self.silent)
            )
        if self.capacity_fraction is not None:
            return f"{self.capacity_fraction:.0%}{OF_PILOT}".replace("%", " %")
        return f"{self.rate_per_s:g}/s"


@dataclass(frozen=True, slots=True)
class PlannedTrial(Record):
    """One stack × one scenario × one load, at its place in the run.

    `cell` counts the cells of a block in the order they are measured; `seed` is the trial's own,
    equal for all stacks of a cell so that they are asked the same.
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
    """Requests by what became of them. All but `completed` count those intended in the window.

    `scheduled` = `sent` + `dropped`; `sent` = `succeeded` + the sum of `errors`.
    `completed` are the successes whose last byte arrived within the window: throughput × window.
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
    """What the load driver knows of itself in the measured window.

    `goes_first`: it ran before everything ordinary on a core of its own, as far as it was allowed.
    """

    cpu_fraction: float
    lag_p99_ms: float
    median_latency_ms: float | None
    worst_stall_ms: float
    in_flight_counted: float
    in_flight_by_latency: float
    connections: int
    connections_reopened: int
    responses_unread: int
    memory_mib: float
    goes_first: bool = False


@dataclass(frozen=True, slots=True)
class Held(Record):
    """Connections that were to be held, by what had become of them when the load ended.

    Each is opened once. `refused` were never open, `reset` were ended by the server (in whichever
    way), `given_up` by the load driver after a request that took too long:
    `opened` = `still_open` + `reset` + `given_up`. Silent ones are counted apart.
    """

    opened: int
    refused: int
    reset: int
    given_up: int
    still_open: int
    silent_opened: int
    silent_still_open: int


@dataclass(frozen=True, slots=True)
class Worker(Record):
    """One of several load drivers that shared a trial: its part, and what it knows of itself.

    A request of the trial is its own where connection mod (number of workers) = `index`. `users`
    is its part of a closed load; `clock_error_ms` is how far the start may lie from the one that
    was agreed on (0 where all read one clock).
    """

    index: int
    users: int | None
    counts: Counts
    client: Client
    clock_error_ms: float = 0.0
    shard: str | None = None


@dataclass(frozen=True, slots=True)
class Machine(Record):
    """What the machine did beside us, as fractions of all cores, and how fast it was.

    `throttled_periods` are those in which a CPU quota stopped us, None where there is no quota;
    `suspended_s` is how long the machine was suspended, None in runs from before it was recorded.
    """

    stolen_fraction: float
    foreign_cpu_fraction: float
    speed_before_per_s: float
    speed_after_per_s: float
    throttled_periods: int | None = None
    suspended_s: float | None = None


@dataclass(frozen=True, slots=True)
class Statements(Record):
    """What PostgreSQL counted for this stack's database (pg_stat_statements) from the first
    to the last request, warm-up included: per request it is divided by `requests`."""

    requests: int
    data: int
    control: int
    rows: int
    time_ms: float


@dataclass(frozen=True, slots=True)
class Cost(Record):
    """CPU-seconds within the measured window, by process tree; the service's memory at its end, and
    before its first connection was opened.

    `pool_taken` and `pool_waited_ms` are how often the requests counted in `statements` took a
    connection to the database from the service's pool, and how long they waited for one, in all.
    """

    service_cpu_s: float | None
    database_cpu_s: float | None
    upstreams_cpu_s: float | None
    service_memory_mib: float | None
    statements: Statements | None
    service_memory_before_mib: float | None = None
    pool_taken: int | None = None
    pool_waited_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Second(Record):
    """One second of a trial; `t_s` counts from the start of the measured window.

    The CPU fractions are of one core; `client` is not sampled, so as not to disturb it.
    """

    t_s: float
    service_cpu_fraction: float | None
    database_cpu_fraction: float | None
    upstreams_cpu_fraction: float | None
    service_memory_mib: float | None
    database_memory_mib: float | None


@dataclass(frozen=True, slots=True)
class Upstream(Record):
    """What an upstream really took during the trial."""

    name: str
    requests: int
    asked_mean_ms: float | None
    took_mean_ms: float | None
    took_p50_ms: float | None
    took_p99_ms: float | None


@dataclass(frozen=True, slots=True)
class Reason(Record):
    """Why a gate struck: `gate` names it, `text` says with the value and the bound."""

    gate: str
    kind: GateKind
    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True)
class Validity(Record):
    """A trial's verdict on itself: the worst of its reasons, valid without any."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial(Record):
    """One attempt at a planned trial, complete. `samples` names its Parquet file in the run.

    Where several drivers shared the load `workers` tells of each, and `counts` and `client` are
    of all: sums, percentiles of all requests, and the worst of CPU and stalls.

    `service_ended` holds the service's last words where it ended during the trial: an outcome.
    `held` tells of the connections that were to be held, where that was the load.
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
    seconds: tuple[Second, ...]
    upstreams: tuple[Upstream, ...]
    validity: Validity
    samples: str
    workers: tuple[Worker, ...] = ()
    service_ended: str | None = None
    held: Held | None = None


class Trials(tuple[Trial, ...]):
    """The attempts of a run, as a tuple is; a notebook shows the first and last of them."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self)} attempts at trials; webtrial.trials_table(run) has a row for each>"

    def _repr_html_(self) -> str:
        shown = (
            [*self] if len(self) <= 2 * ENDS_SHOWN else [*self[:ENDS_SHOWN], *self[-ENDS_SHOWN:]]
        )
        count = f"{len(self):,} attempts"
        left = f", the first and last {ENDS_SHOWN}" if len(shown) < len(self) else ""
        hint = "<p><code>webtrial.trials_table(run)</code> has a row for each.</p>"
        return card(count + left, {}, rows_as_html(_ATTEMPT, map(_attempt, shown)) + hint)


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
