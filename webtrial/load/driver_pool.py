"""Run several load drivers as one: partition the task, start together, merge the outcomes.

Nothing is averaged: counts and requests in flight are summed, percentiles are those of all
requests together, CPU and stalls are the worst driver's. Each driver's own outcome is kept.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields, replace
from functools import cached_property
from time import perf_counter_ns

import pyarrow as pa

from webtrial.errors import DriverError
from webtrial.load.aggregation import quantiles_ms
from webtrial.load.driver import LEAD_NS, DriverHandle, running_driver
from webtrial.load.partition import Partition
from webtrial.load.shards import Shards, joined, name_of
from webtrial.load.task import Outcome, Task
from webtrial.run.records import Client, ConnectionStates, Counts, Worker
from webtrial.run.sample_rows import Rows


def partitioned(task: Task, drivers: int, cores: Sequence[int] = ()) -> list[Task]:
    """Partition `task` over at most `drivers` drivers, each with at least one user.

    Drivers run on `cores` if there are enough of them.
    """
    of = min(drivers, task.load.users or task.load.connections or task.max_connections)
    parts = [
        replace(
            task,
            partition=Partition(index, of),
            shard=task.shard and f"{task.shard}-{index + 1}",
        )
        for index in range(of)
    ]
    if len(cores) < of:
        return parts
    return [replace(part, core=core) for part, core in zip(parts, cores, strict=False)]


class DriverPool:
    """The coordinator's handle of drivers that run together on this machine."""

    pids: tuple[int, ...] = ()  # drivers outside our process tree: none, ours are children

    def __init__(self, parts: Sequence[Task], drivers: Sequence[DriverHandle]) -> None:
        self._parts = parts
        self._drivers = drivers

    @cached_property
    def window_opens_ns(self) -> int:
        """Time at which the measured window opens for all drivers, by time.perf_counter_ns.

        Waits until all drivers are ready, then starts them.
        """
        self._each(DriverHandle.await_ready)
        start_ns = perf_counter_ns() + LEAD_NS
        self._each(lambda driver: driver.begin(start_ns))
        return self._drivers[0].window_opens_ns

    def check(self) -> None:
        """Raise DriverError, with the driver's number, if one has died, failed or fallen silent."""
        self._each(DriverHandle.check)

    def outcome(self) -> Outcome:
        """Wait for the end and return the merged outcome. DriverError if a driver has none."""
        _ = self.window_opens_ns
        outcomes: list[Outcome] = []
        self._each(lambda driver: outcomes.append(driver.outcome()))
        return merged(self._parts, outcomes)

    def _each(self, act: Callable[[DriverHandle], None]) -> None:
        for part, driver in zip(self._parts, self._drivers, strict=True):
            with worker_in_errors(part.partition):
                act(driver)


@contextmanager
def driver_pool(task: Task, drivers: int, cores: Sequence[int] = ()) -> Iterator[DriverPool]:
    """Run `task` in several fresh driver processes, which always end with the block."""
    parts = partitioned(task, drivers, cores)
    with ExitStack() as processes:
        yield DriverPool(parts, [processes.enter_context(running_driver(part)) for part in parts])


@contextmanager
def worker_in_errors(partition: Partition) -> Iterator[None]:
    """Add the worker's number to any DriverError raised within the block."""
    try:
        yield
    except DriverError as error:
        raise DriverError(f"worker {partition.index + 1} of {partition.of}: {error}") from None


def merged(
    parts: Sequence[Task], outcomes: Sequence[Outcome], clock_errors_ms: Sequence[float] = ()
) -> Outcome:
    """Merge the outcomes of all drivers into one that also keeps each driver's own."""
    samples = _merged_samples([outcome.samples for outcome in outcomes])
    clients = [outcome.client for outcome in outcomes]
    errors_ms = clock_errors_ms or [0.0] * len(parts)
    return Outcome(
        counts=_summed([outcome.counts for outcome in outcomes]),
        client=_merged_client(clients, samples),
        samples=samples,
        workers=tuple(map(_worker, parts, outcomes, errors_ms)),
        connection_states=_summed_states(
            [outcome.connection_states for outcome in outcomes if outcome.connection_states]
        ),
    )


def _worker(part: Task, outcome: Outcome, clock_error_ms: float) -> Worker:
    users = part.load.users
    return Worker(
        index=part.partition.index,
        users=None if users is None else part.partition.count(users),
        counts=outcome.counts,
        client=outcome.client,
        clock_error_ms=clock_error_ms,
        shard=part.shard and f"{name_of(part.shard)}.parquet",
    )


def _merged_samples(samples: Sequence[Rows]) -> Rows:
    """Return the rows of all drivers, sorted by intended start.

    Rows that are already written to shards come worker by worker instead.
    """
    if written := [each for each in samples if isinstance(each, Shards)]:
        return joined(written)
    merged: Rows = pa.concat_tables(samples).unify_dictionaries().sort_by("intended_ns")
    return merged


def _summed(counts: Sequence[Counts]) -> Counts:
    return Counts(
        scheduled=sum(each.scheduled for each in counts),
        sent=sum(each.sent for each in counts),
        dropped=sum(each.dropped for each in counts),
        succeeded=sum(each.succeeded for each in counts),
        completed=sum(each.completed for each in counts),
        errors=_summed_tallies([each.errors for each in counts]),
        statuses=_summed_tallies([each.statuses for each in counts]),
    )


def _summed_states(parts: Sequence[ConnectionStates]) -> ConnectionStates | None:
    if not parts:
        return None
    return ConnectionStates(
        **{
            each.name: sum(getattr(part, each.name) for part in parts)
            for each in fields(ConnectionStates)
        }
    )


def _summed_tallies(tallies: Sequence[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for tally in tallies:
        for name, number in tally.items():
            total[name] = total.get(name, 0) + number
    return total


def _merged_client(clients: Sequence[Client], samples: Rows) -> Client:
    lag_p99_ms, median_latency_ms = quantiles_ms(samples)
    return Client(
        cpu_fraction=max(each.cpu_fraction for each in clients),
        lag_p99_ms=lag_p99_ms,
        median_latency_ms=median_latency_ms,
        worst_stall_ms=max(each.worst_stall_ms for each in clients),
        in_flight_observed=sum(each.in_flight_observed for each in clients),
        in_flight_by_latency=sum(each.in_flight_by_latency for each in clients),
        connections=sum(each.connections for each in clients),
        connections_reopened=sum(each.connections_reopened for each in clients),
        responses_unread=sum(each.responses_unread for each in clients),
        memory_mib=sum(each.memory_mib for each in clients),
        realtime_priority=all(each.realtime_priority for each in clients),
    )
