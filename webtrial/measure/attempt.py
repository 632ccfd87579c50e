"""One attempt at one trial: settle, drive, watch, count, judge."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import nan
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import httpx
import psutil
import psycopg
import pyarrow as pa
import pyarrow.compute as pc

from webtrial.errors import DriverError
from webtrial.measure.children import last_lines, runs
from webtrial.measure.launch import Service, Upstreams
from webtrial.measure.load.driver import Outcome, Task, driving
from webtrial.measure.machine import CoreSplit, speed_per_s
from webtrial.measure.plan import window_of
from webtrial.measure.resources import (
    Connection,
    Reading,
    Roots,
    StatementCounts,
    cost,
    foreign_fraction,
    read,
    seconds,
    statements_between,
    statements_of,
    stolen_fraction,
    watch,
)
from webtrial.measure.scenarios import OWNED, Answers, Material, Tokens
from webtrial.measure.validity import judge
from webtrial.parameters import Parameters
from webtrial.records import (
    Client,
    Cost,
    Counts,
    Machine,
    PlannedTrial,
    Reason,
    Statements,
    Trial,
    Upstream,
    Validity,
)
from webtrial.runs import SAMPLES, samples_name

ASKS_UPSTREAMS = frozenset({"dashboard"})

# Outcomes after which the driver must connect again: that is the service's doing.
_BROKE_CONNECTION = ["reset", "closed", "truncated", "malformed", "timeout"]


class Driving(Protocol):
    """A load driver at work, as load.driver.Driving."""

    @property
    def window_opens_ns(self) -> int: ...
    def outcome(self) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Rig:
    """What is up for the whole run. `ours` are the first processes of all that is not foreign,
    `cores` those that any of it runs on."""

    parameters: Parameters
    split: CoreSplit
    material: Material
    upstreams: Upstreams
    counter: Connection
    database_pid: int | None
    ours: tuple[int, ...]
    cores: tuple[int, ...]
    drive: Callable[[Task], AbstractContextManager[Driving]] = driving


@dataclass(frozen=True, slots=True)
class Site:
    """One stack of a block: up, and found to answer as the others do."""

    service: Service
    database_url: str
    answers: Answers
    tokens: Tokens
    log: Path

    @property
    def database(self) -> str:
        """The name of its database."""
        return urlsplit(self.database_url).path.lstrip("/")


UNKNOWN_CLIENT = Client(nan, nan, None, nan, nan, nan, 0, 0, 0, nan)
"""Of a driver that died."""


@dataclass(slots=True)
class _Observed:
    """What is known of an attempt, as far as it came."""

    speed_before_per_s: float
    statements_before: StatementCounts | None
    opens_ns: int = 0
    readings: list[Reading] = field(default_factory=list)
    failure: str | None = None
    counts: Counts = field(default_factory=lambda: Counts(0, 0, 0, 0, 0))
    client: Client = UNKNOWN_CLIENT
    samples: pa.Table = field(default_factory=SAMPLES.empty_table)


def attempt_trial(
    planned: PlannedTrial, attempt: int, site: Site, rig: Rig
) -> tuple[Trial, pa.Table]:
    """Measure `planned` once. A driver that failed makes the trial invalid, with its reason; a
    service that ended is an outcome, kept with its last words."""
    started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    observed = _observe(planned, site, rig)
    machine = machine_of(observed.speed_before_per_s, observed.readings, len(rig.cores))
    warmup_s, window_s = window_of(planned, rig.parameters)
    trial = Trial(
        planned=planned,
        attempt=attempt,
        started_at=started_at,
        warmup_s=warmup_s,
        window_s=window_s,
        counts=observed.counts,
        client=observed.client,
        machine=machine,
        cost=_cost(observed, window_s, _statements(observed, site, rig)),
        seconds=seconds(observed.readings, observed.opens_ns),
        upstreams=_upstreams(planned, rig),
        validity=_validity(planned, observed, machine),
        samples=samples_name(planned.number, attempt),
        service_ended=None if is_alive(site) else last_lines(site.log),
    )
    return trial, observed.samples


def is_alive(site: Site) -> bool:
    """Whether the service's first process still runs."""
    try:
        return runs(psutil.Process(site.service.pid))
    except psutil.NoSuchProcess:
        return False


def restore(planned: PlannedTrial, site: Site, rig: Rig) -> None:
    """Take back what the trial wrote, so that every trial finds the same data."""
    if planned.scenario not in OWNED:
        return
    with psycopg.connect(site.database_url, autocommit=True) as connection:
        connection.execute("DELETE FROM users WHERE id > %s", [rig.material.users])
        connection.execute("VACUUM users, orders")


def _observe(planned: PlannedTrial, site: Site, rig: Rig) -> _Observed:
    _checkpoint(rig.counter)
    _upstreams(planned, rig)  # they tell what they took since they were last asked
    speed = speed_per_s()
    observed = _Observed(speed, statements_of(rig.counter, site.database))
    try:
        _drive(planned, site, rig, observed)
    except DriverError as error:
        observed.failure = str(error)
    return observed


def _drive(planned: PlannedTrial, site: Site, rig: Rig, observed: _Observed) -> None:
    task = _task(planned, site, rig)
    pid, upstreams = site.service.pid, rig.upstreams.pids
    roots = Roots(pid, rig.database_pid, upstreams, rig.ours, rig.cores)
    with rig.drive(task) as driver:
        observed.opens_ns = driver.window_opens_ns
        observed.readings = watch(observed.opens_ns, task.window_s, lambda: read(roots))
        outcome = driver.outcome()
    observed.counts, observed.client = outcome.counts, outcome.client
    observed.samples = outcome.samples


def _task(planned: PlannedTrial, site: Site, rig: Rig) -> Task:
    warmup_s, window_s = window_of(planned, rig.parameters)
    return Task(
        base_url=site.service.url,
        scenario=planned.scenario,
        load=planned.load,
        seed=planned.seed,
        warmup_s=warmup_s,
        window_s=window_s,
        timeout_s=rig.parameters.timeout_s,
        think_time_s=rig.parameters.think_time_s,
        max_connections=rig.parameters.max_connections,
        core=rig.split.driver_core,
        material=rig.material,
        answers=site.answers,
        tokens=site.tokens,
    )


def _upstreams(planned: PlannedTrial, rig: Rig) -> tuple[Upstream, ...]:
    """What the upstreams really took since they were last asked; () where nobody asks them."""
    if planned.scenario not in ASKS_UPSTREAMS:
        return ()
    urls = {"inventory": rig.upstreams.inventory_url, "analytics": rig.upstreams.analytics_url}
    with httpx.Client(trust_env=False, timeout=5.0) as client:
        return tuple(
            Upstream(name, **client.get(f"{url}/took").json()) for name, url in urls.items()
        )


def _checkpoint(connection: Connection) -> None:
    """Begin with nothing to write back, where the server lets us ask for that."""
    with suppress(psycopg.errors.InsufficientPrivilege):
        connection.execute("CHECKPOINT")


def _statements(observed: _Observed, site: Site, rig: Rig) -> Statements | None:
    after = statements_of(rig.counter, site.database)
    requests = observed.samples.num_rows - samples_with(observed.samples, ["refused"])
    return statements_between(observed.statements_before, after, requests)


def samples_with(samples: pa.Table, outcomes: list[str]) -> int:
    """How many of the samples had one of these outcomes."""
    found = samples.column("outcome").cast(pa.string())
    return int(pc.sum(pc.is_in(found, pa.array(outcomes))).as_py() or 0)


def _cost(observed: _Observed, window_s: float, statements: Statements | None) -> Cost:
    if not observed.readings:
        return Cost(None, None, None, None, statements)
    return cost(observed.readings, window_s, statements)


def machine_of(speed_before_per_s: float, readings: Sequence[Reading], cores: int) -> Machine:
    """What the machine did from before the trial until now; NaN where nothing was read."""
    speeds = (round(speed_before_per_s, 1), round(speed_per_s(), 1))
    if not readings:
        return Machine(nan, nan, *speeds)
    stolen = round(stolen_fraction(readings, cores), 4)
    foreign = round(foreign_fraction(readings, cores), 4)
    return Machine(stolen, foreign, *speeds)


def _validity(planned: PlannedTrial, observed: _Observed, machine: Machine) -> Validity:
    if observed.failure is not None:
        reason = Reason("driver", "instrument", "invalid", observed.failure)
        return Validity("invalid", (reason,))
    broken = samples_with(observed.samples, _BROKE_CONNECTION)
    return judge(planned.load, observed.counts, observed.client, machine, broken)
