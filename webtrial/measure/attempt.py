"""One attempt at one trial: prepare, drive, monitor, count, judge."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import nan
from pathlib import Path

import httpx
import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc

from webtrial.errors import DriverError, LaunchError
from webtrial.load.aggregation import tally
from webtrial.load.task import Task
from webtrial.measure.context import RunContext, ServiceUnderTest, is_alive
from webtrial.measure.machine import speed_per_s
from webtrial.measure.pools import PoolCounts, pool_between, pool_counts
from webtrial.measure.processes import (
    MachineTime,
    Reading,
    Roots,
    Trees,
    foreign_fraction,
    machine_time,
    read_each_second,
    sleep_until,
    stolen_fraction,
    suspended_between_s,
    throttled_between,
)
from webtrial.measure.resources import (
    Connection,
    StatementCounts,
    cost,
    memory_mib,
    pids_of_other_databases,
    resource_samples,
    statement_counts,
    statements_between,
)
from webtrial.measure.validity import judge, judge_workers
from webtrial.run.plan import window_of
from webtrial.run.records import (
    Client,
    ConnectionStates,
    Cost,
    Counts,
    Machine,
    PlannedTrial,
    Reason,
    Statements,
    Trial,
    Upstream,
    Validity,
    Worker,
)
from webtrial.run.sample_rows import Rows, no_rows
from webtrial.run.scenario_names import OWNED
from webtrial.run.store import samples_name
from webtrial.system.plain_http import plain_client
from webtrial.system.process_tree import last_lines

USES_UPSTREAMS = frozenset({"dashboard"})

_LEAD_NS = 300_000_000  # finding and reading processes takes up to a third of that

# Outcomes after which the driver must reconnect: the service is the cause.
_CONNECTION_LOST = ["reset", "closed", "truncated", "malformed", "timeout"]

_NEVER_SENT = ["refused", "gone"]


UNKNOWN_CLIENT = Client(nan, nan, None, nan, nan, nan, 0, 0, 0, nan)
"""The client figures of a driver that died."""


@dataclass(slots=True)
class _Observed:
    """Data of an attempt, complete up to the point that it reached."""

    speed_before_per_s: float
    statements_before: StatementCounts | None
    memory_before_mib: float | None
    pool_before: PoolCounts | None
    opens_ns: int = 0
    readings: list[Reading] = field(default_factory=list)
    ends: list[MachineTime] = field(default_factory=list)
    failure: str | None = None
    counts: Counts = field(default_factory=lambda: Counts(0, 0, 0, 0, 0))
    client: Client = UNKNOWN_CLIENT
    samples: Rows = field(default_factory=no_rows)
    workers: tuple[Worker, ...] = ()
    connection_states: ConnectionStates | None = None


def attempt_trial(
    planned: PlannedTrial, attempt: int, under_test: ServiceUnderTest, context: RunContext
) -> tuple[Trial, Rows]:
    """Measure `planned` once and return the trial and its samples.

    A driver that failed makes the trial invalid, with its reason. A service that ended is an
    outcome and is recorded with its last output.
    """
    started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    observed = _observe(planned, attempt, under_test, context)
    machine = machine_of(observed.speed_before_per_s, observed.ends, len(context.cores))
    warmup_s, window_s = window_of(planned, context.parameters)
    trial = Trial(
        planned=planned,
        attempt=attempt,
        started_at=started_at,
        warmup_s=warmup_s,
        window_s=window_s,
        counts=observed.counts,
        client=observed.client,
        machine=machine,
        cost=_cost(observed, window_s, under_test, context),
        resource_samples=resource_samples(observed.readings, observed.opens_ns),
        upstreams=_upstreams(planned, under_test, context),
        validity=_validity(planned, observed, machine, window_s),
        samples=samples_name(planned.number, attempt),
        workers=observed.workers,
        service_ended=_last_output(under_test),
        connection_states=observed.connection_states,
    )
    return trial, observed.samples


@contextmanager
def report_lost_dependencies(planned: PlannedTrial) -> Iterator[None]:
    """Raise LaunchError that names the trial if PostgreSQL or an upstream is lost during it.

    How a stack behaves without them says nothing about the stack.
    """
    trial = f"trial {planned.number} ({planned.stack}, {planned.scenario}, {planned.load})"
    try:
        yield
    except psycopg.OperationalError as error:
        first, *_ = str(error).strip().splitlines() or [type(error).__name__]
        if _is_loss(error):
            raise LaunchError(
                f"the connection to PostgreSQL was lost during {trial}: {first}. Find out why it"
                " ended, then resume the run"
            ) from error
        raise LaunchError(
            f"PostgreSQL refused a query during {trial}: {first}. Remove the cause, then resume the"
            " run"
        ) from error
    except httpx.TransportError as error:
        raise LaunchError(
            f"the connection to an upstream was lost during {trial}: {error}. Resume the run"
        ) from error


def _is_loss(error: psycopg.OperationalError) -> bool:
    """Whether the connection is lost, as opposed to one query being refused."""
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))


def _last_output(under_test: ServiceUnderTest) -> str | None:
    return (
        last_lines(under_test.log)
        if under_test.log is not None and not is_alive(under_test)
        else None
    )


def restore(planned: PlannedTrial, under_test: ServiceUnderTest, context: RunContext) -> None:
    """Delete the rows that the trial wrote; every trial then finds the same data."""
    if planned.scenario not in OWNED or under_test.database_url is None:
        return
    with psycopg.connect(under_test.database_url, autocommit=True) as connection:
        connection.execute("DELETE FROM users WHERE id > %s", [context.seeded_data.users])
        connection.execute("VACUUM users, orders")


def _observe(
    planned: PlannedTrial, attempt: int, under_test: ServiceUnderTest, context: RunContext
) -> _Observed:
    if context.counter is not None:
        _checkpoint(context.counter)
    _upstreams(planned, under_test, context)  # starts a new count of their delays
    speed = speed_per_s()
    observed = _Observed(
        speed,
        _counted(under_test, context),
        memory_mib(under_test.service.pid),
        _pool(under_test, context),
    )
    try:
        _drive(planned, attempt, under_test, context, observed)
    except DriverError as error:
        observed.failure = str(error)
    return observed


def _drive(
    planned: PlannedTrial,
    attempt: int,
    under_test: ServiceUnderTest,
    context: RunContext,
    observed: _Observed,
) -> None:
    task = _task(planned, attempt, under_test, context)
    with context.drive(task) as driver:
        ours = (*context.ours, *driver.pids)
        observed.opens_ns = driver.window_opens_ns
        sleep_until(observed.opens_ns - _LEAD_NS)
        observed.ends.append(machine_time(ours, context.cores))
        trees = Trees(_roots(under_test, context))

        def read() -> Reading:
            driver.check()  # do not wait for a trial that has lost its driver
            return trees.read()

        observed.readings = read_each_second(observed.opens_ns, task.window_s, read)
        observed.ends.append(machine_time(ours, context.cores))
        outcome = driver.outcome()
    observed.counts, observed.client = outcome.counts, outcome.client
    observed.samples, observed.workers = outcome.samples, outcome.workers
    observed.connection_states = outcome.connection_states


def _roots(under_test: ServiceUnderTest, context: RunContext) -> Roots:
    if under_test.service.pid is None:
        return Roots()
    upstreams = context.upstreams.pids if context.upstreams else ()
    if context.counter is None or under_test.database is None:
        return Roots(under_test.service.pid, context.database_pid, upstreams)
    excluded = pids_of_other_databases(context.counter, under_test.database)
    return Roots(under_test.service.pid, context.database_pid, upstreams, excluded)


def _task(
    planned: PlannedTrial, attempt: int, under_test: ServiceUnderTest, context: RunContext
) -> Task:
    warmup_s, window_s = window_of(planned, context.parameters)
    name = Path(samples_name(planned.number, attempt)).stem
    return Task(
        base_url=under_test.service.url,
        scenario=planned.scenario,
        load=planned.load,
        seed=planned.seed,
        warmup_s=warmup_s,
        window_s=window_s,
        timeout_s=context.parameters.timeout_s,
        think_time_s=context.parameters.think_time_s,
        max_connections=context.parameters.max_connections,
        core=context.split.driver_core,
        seeded_data=context.seeded_data,
        expected_bodies=under_test.expected_bodies,
        tokens=under_test.tokens,
        shard=context.results and f"{context.results}/{name}",
    )


def _upstreams(
    planned: PlannedTrial, under_test: ServiceUnderTest, context: RunContext
) -> tuple[Upstream, ...]:
    """Return the actual delays of the upstreams since the last call; () if the trial uses none."""
    uses_upstreams = planned.scenario in USES_UPSTREAMS and under_test.service.pid is not None
    if not uses_upstreams or context.upstreams is None:
        return ()
    urls = {
        "inventory": context.upstreams.inventory_url,
        "analytics": context.upstreams.analytics_url,
    }
    with plain_client(5.0) as client:
        return tuple(
            Upstream(name, **client.get(f"{url}/took").json()) for name, url in urls.items()
        )


def _checkpoint(connection: Connection) -> None:
    """Request a checkpoint, if the server permits it: the trial then starts without dirty pages."""
    with suppress(psycopg.errors.InsufficientPrivilege):
        connection.execute("CHECKPOINT")


def _statements(
    observed: _Observed, under_test: ServiceUnderTest, context: RunContext
) -> Statements | None:
    after = _counted(under_test, context)
    requests = observed.samples.num_rows - samples_with(observed.samples, _NEVER_SENT)
    return statements_between(observed.statements_before, after, requests)


def _counted(under_test: ServiceUnderTest, context: RunContext) -> StatementCounts | None:
    if context.counter is None or under_test.database is None:
        return None
    return statement_counts(context.counter, under_test.database)


def samples_with(samples: Rows, outcomes: list[str]) -> int:
    """Return how many of the samples had one of these outcomes."""
    counted = tally(samples.column("outcome"))
    return sum(counted.get(outcome, 0) for outcome in outcomes)


def _pool(under_test: ServiceUnderTest, context: RunContext) -> PoolCounts | None:
    """Return the counts of the service's pool; None with several processes.

    Each process has its own pool, and only one of them would respond.
    """
    if under_test.service.pid is None or context.parameters.server_processes > 1:
        return None
    return pool_counts(under_test.service.url)


def _cost(
    observed: _Observed, window_s: float, under_test: ServiceUnderTest, context: RunContext
) -> Cost:
    statements = _statements(observed, under_test, context)
    measured = Cost(None, None, None, None, statements)
    if observed.readings:
        measured = cost(observed.readings, window_s, statements)
    pool = pool_between(observed.pool_before, _pool(under_test, context))
    return replace(
        measured,
        service_memory_before_mib=observed.memory_before_mib,
        pool_checkouts=pool.taken if pool else None,
        pool_wait_ms=pool.waited_ms if pool else None,
    )


def machine_of(speed_before_per_s: float, ends: Sequence[MachineTime], cores: int) -> Machine:
    """Return the machine's activity since before the trial; NaN if it was not read twice."""
    speeds = (round(speed_before_per_s, 1), round(speed_per_s(), 1))
    if len(ends) < 2:
        return Machine(nan, nan, *speeds)
    stolen = round(stolen_fraction(ends, cores), 4)
    foreign = round(foreign_fraction(ends, cores), 4)
    suspended_s = round(suspended_between_s(ends), 3)
    return Machine(stolen, foreign, *speeds, throttled_between(ends), suspended_s)


def _validity(
    planned: PlannedTrial, observed: _Observed, machine: Machine, window_s: float
) -> Validity:
    if observed.failure is not None:
        reason = Reason("driver", "instrument", "invalid", observed.failure)
        return Validity("invalid", (reason,))
    broken = samples_with(observed.samples, _CONNECTION_LOST)
    of_workers = judge_workers(
        planned.load, observed.workers, _broken_by_worker(observed), window_s
    )
    return judge(planned.load, observed.counts, observed.client, machine, broken, of_workers)


def _broken_by_worker(observed: _Observed) -> list[int]:
    if not (workers := len(observed.workers)):
        return []
    outcomes = observed.samples.column("outcome").cast(pa.string())
    broken = observed.samples.column("connection").filter(
        pc.is_in(outcomes, pa.array(_CONNECTION_LOST))
    )
    by_worker: list[int] = np.bincount(broken.to_numpy() % workers, minlength=workers).tolist()
    return by_worker
