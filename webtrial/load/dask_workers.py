"""Share a trial's load over the workers of a Dask cluster.

coordinator                               each worker
usable workers, clocks ─────── hello ───▶ (on its event loop)
a part for each ────────────── work ────▶ a load driver in the task's thread
.window_opens_ns ◀─────────── is_ready ── users and their requests are made
start time, by each clock ──── begin ───▶ warm up, measure, cool down
.check() ◀── last heartbeats ─ scheduler ◀── heartbeats
.outcome() ◀────────────────────────────── counts, client, samples or the shard's name

Every wait has a limit: Dask itself would wait forever for a pinned task whose worker is gone.
Workers are looked up again for each trial: one that has died, hangs or is still busy costs only the
trial it was in.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from math import inf
from time import monotonic, perf_counter_ns, sleep, time
from typing import Any

import distributed
import psutil

from webtrial.errors import DriverError, LaunchError
from webtrial.load.clock import SAME_CLOCK, Clock, compare_clocks, machine_id
from webtrial.load.driver import ENDING_LIMIT_S, SETTING_UP_LIMIT_S, SILENCE_LIMIT_S
from webtrial.load.driver_pool import merged, partitioned, worker_in_errors
from webtrial.load.task import Outcome, Task
from webtrial.load.worker import (
    Hello,
    begin,
    hello,
    is_ready,
    read_clock,
    stop_driving,
    work,
)

CONNECT_S = 10.0
REPLY_LIMIT_S = 5.0
FIRST_REPLY_LIMIT_S = 60.0  # longer: the worker imports its modules first
CHECK_EVERY_S = 1.0
RESTART_S = 10.0
LEAD_NS = 200_000_000  # from the start command until load begins


@dataclass(frozen=True, slots=True)
class _UsableWorker:
    """A worker that can run a load driver now."""

    address: str
    clock: Clock
    pid: int | None  # if it runs on this machine


class Cluster:
    """The workers that a Dask scheduler currently has."""

    def __init__(self, client: distributed.Client) -> None:
        self.client = client

    @contextmanager
    def drive(self, task: Task) -> Iterator["DaskPool"]:
        """Share `task` over all usable workers; their drivers end with the block."""
        usable = self._usable_workers()
        if not usable:
            raise DriverError(
                "no worker of the Dask cluster is idle and responding: start more workers, or wait"
            )
        parts = [replace(part, core=None) for part in partitioned(task, len(usable))]
        driver_pool = DaskPool(self, parts, usable[: len(parts)])
        try:
            yield driver_pool
        except BaseException:
            self._stop(usable)
            raise
        finally:
            driver_pool.release()

    def require_usable(self, services_are_here: bool) -> None:
        """Raise LaunchError if there are no workers, or one cannot drive or reach the services.

        Services that we launch listen on 127.0.0.1: every worker must run on this machine.
        """
        addresses = list(self.silences_s())
        if not addresses:
            raise LaunchError(
                "the Dask cluster has no workers: start some with `dask worker` and the scheduler's"
                " address"
            )
        replies = self.call_all(hello, addresses, FIRST_REPLY_LIMIT_S)
        for address in addresses:
            reply = replies.get(address)
            if not isinstance(reply, Hello):
                raise LaunchError(
                    f"worker {address} cannot run a load driver ({reply!r}): install the same"
                    " Webtrial and its requirements on every machine of the cluster"
                )
            if services_are_here and reply.machine != machine_id():
                raise LaunchError(
                    f"worker {address} runs on another machine and cannot reach services on"
                    " 127.0.0.1: start the services where it can reach them, and set targets"
                )

    def silences_s(self) -> dict[str, float]:
        """Return the seconds since the scheduler last heard from each worker, by address."""
        try:
            found: dict[str, float] = self.client.sync(
                lambda: self.client.run_on_scheduler(last_heard), callback_timeout=REPLY_LIMIT_S
            )
        except (OSError, TimeoutError) as error:
            raise DriverError(
                f"the Dask scheduler does not respond: {error!r}. Restart it, then resume the run"
            ) from None
        return found

    def _usable_workers(self) -> list[_UsableWorker]:
        silences_s = self.silences_s()
        responding = [name for name in silences_s if silences_s[name] < SILENCE_LIMIT_S]
        return [
            usable
            for address in sorted(responding)
            if (usable := self._usable_worker(address)) is not None
        ]

    def _usable_worker(self, address: str) -> _UsableWorker | None:
        reply = self.call(hello, address)
        if not isinstance(reply, Hello) or reply.is_busy:
            return None
        if reply.machine == machine_id():
            return _UsableWorker(
                address, SAME_CLOCK, reply.pid if psutil.pid_exists(reply.pid) else None
            )
        try:
            return _UsableWorker(
                address, compare_clocks(lambda: int(self.call(read_clock, address))), None
            )
        except TypeError:  # the worker returned an error instead of a number
            return None

    def call(self, function: Callable[[], Any], address: str) -> Any:
        """Return what `function` returns or raises on a worker; None if the worker is silent."""
        return self.call_all(function, [address], REPLY_LIMIT_S).get(address)

    def call_all(
        self, function: Callable[[], Any], addresses: list[str], limit_s: float
    ) -> dict[str, Any]:
        run = self.client.run
        try:
            replies: dict[str, Any] = self.client.sync(
                lambda: run(function, workers=addresses, on_error="return"),
                callback_timeout=limit_s,
            )
        except (OSError, TimeoutError):
            return {}
        return replies

    def _stop(self, usable: list[_UsableWorker]) -> None:
        """Stop the drivers of responding workers, and restart silent workers if possible."""
        with suppress(DriverError):
            silences_s = self.silences_s()
            for each in usable:
                if silences_s.get(each.address, inf) < SILENCE_LIMIT_S:  # it is still alive
                    self.call(stop_driving, each.address)
            self._restart([a for a, silent_s in silences_s.items() if silent_s >= SILENCE_LIMIT_S])

    def _restart(self, addresses: list[str]) -> None:
        if addresses:
            with suppress(ValueError, OSError, TimeoutError):  # not every worker has a nanny
                self.client.restart_workers(addresses, timeout=RESTART_S, raise_for_error=False)


class DaskPool:
    """The coordinator's handle of drivers that run together on workers of a cluster."""

    def __init__(self, cluster: Cluster, parts: list[Task], usable: list[_UsableWorker]) -> None:
        self.pids = tuple(each.pid for each in usable if each.pid is not None)
        self._cluster = cluster
        self._parts = parts
        self._usable = usable
        self._must_end_s = inf
        self._futures = [
            cluster.client.submit(
                work,
                part,
                workers=[each.address],
                allow_other_workers=False,
                retries=0,
                pure=False,
            )
            for part, each in zip(parts, usable, strict=True)
        ]

    @cached_property
    def window_opens_ns(self) -> int:
        """Time at which the measured window opens for all workers, by time.perf_counter_ns.

        Waits until all drivers are ready, then starts them.
        """
        self._await_ready()
        start_ns = perf_counter_ns() + LEAD_NS
        for part, each in zip(self._parts, self._usable, strict=True):
            begin_at_start = partial(begin, each.clock.remote_ns_at(start_ns))
            if self._cluster.call(begin_at_start, each.address) is not True:
                with worker_in_errors(part.partition):
                    raise DriverError("the load driver's worker did not accept the start time")
        task = self._parts[0]
        lasts_s = task.warmup_s + task.window_s + task.timeout_s
        self._must_end_s = monotonic() + lasts_s + ENDING_LIMIT_S
        return start_ns + int(task.warmup_s * 1e9)

    def _await_ready(self) -> None:
        until_s = monotonic() + SETTING_UP_LIMIT_S
        for part, each in zip(self._parts, self._usable, strict=True):
            while self._cluster.call(is_ready, each.address) is not True:
                self.check()
                if monotonic() > until_s:
                    with worker_in_errors(part.partition):
                        raise DriverError(
                            f"the load driver was not ready within {SETTING_UP_LIMIT_S:g} s"
                        )
                sleep(0.02)

    def check(self) -> None:
        """Raise DriverError, with the worker's number, if one has died, failed or fallen silent.

        Also if the workers are not done in time.
        """
        silences_s = self._cluster.silences_s()
        for part, each, future in zip(self._parts, self._usable, self._futures, strict=True):
            with worker_in_errors(part.partition):
                self._check_one(each.address, future, silences_s)
        if monotonic() > self._must_end_s:
            raise DriverError(
                f"the workers had not finished {ENDING_LIMIT_S:g} s after the end of their trial"
            )

    def _check_one(
        self, address: str, future: distributed.Future[Outcome], silences_s: dict[str, float]
    ) -> None:
        if future.status in ("error", "cancelled", "lost"):
            _result(future)
        if future.status == "finished":
            return
        if address not in silences_s:
            raise DriverError("the load driver died: its worker left the Dask cluster")
        if silences_s[address] > SILENCE_LIMIT_S:
            raise DriverError(f"the load driver hung: no message for {silences_s[address]:.0f} s")

    def outcome(self) -> Outcome:
        """Wait for the end and return the merged outcome. DriverError if a worker has none."""
        _ = self.window_opens_ns
        while not self._done_within(CHECK_EVERY_S):
            self.check()
        outcomes = []
        for part, future in zip(self._parts, self._futures, strict=True):
            with worker_in_errors(part.partition):
                outcomes.append(_result(future))
        return merged(self._parts, outcomes, [each.clock.error_ns / 1e6 for each in self._usable])

    def _done_within(self, limit_s: float) -> bool:
        until_s = monotonic() + limit_s
        while not (done := all(future.done() for future in self._futures)):
            if monotonic() > until_s:
                break
            sleep(0.01)
        return done

    def release(self) -> None:
        """Release the tasks and their results from the cluster."""
        with suppress(OSError, TimeoutError):
            self._cluster.client.cancel(self._futures, force=True)


@contextmanager
def connected(scheduler: str, services_are_here: bool) -> Iterator[Cluster]:
    """Connect to the cluster of `scheduler` and check it. LaunchError says what is missing."""
    try:
        client = distributed.Client(scheduler, timeout=CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise LaunchError(
            f"no Dask scheduler responds at {scheduler} ({type(error).__name__}): start one with"
            " `dask scheduler`, or correct its address in the parameter scheduler"
        ) from None
    with client:
        cluster = Cluster(client)
        cluster.require_usable(services_are_here)
        yield cluster


def _result(future: distributed.Future[Outcome]) -> Outcome:
    try:
        found: Outcome = future.result(timeout=ENDING_LIMIT_S)
    except DriverError:
        raise
    except (Exception, asyncio.CancelledError) as error:
        raise DriverError(f"the load driver failed: {type(error).__name__}: {error}") from None
    return found


# --- on the scheduler


def last_heard(dask_scheduler: distributed.Scheduler) -> dict[str, float]:
    """Return the seconds since the last message of each worker, by address."""
    now_s = time()
    return {address: now_s - each.last_seen for address, each in dask_scheduler.workers.items()}
