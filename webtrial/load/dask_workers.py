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
from webtrial.load.clock import SHARED, Clock, compare_clocks, machine_id
from webtrial.load.driver import (
    ENDING_LIMIT_S,
    SETTING_UP_LIMIT_S,
    SILENCE_LIMIT_S,
    Outcome,
    Task,
)
from webtrial.load.driver_pool import merged, named, shared
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
ANSWER_S = 5.0
FIRST_ANSWER_S = 60.0  # longer: the worker imports its modules first
CHECK_EVERY_S = 1.0
RESTART_S = 10.0
LEAD_NS = 200_000_000  # from the start command until load begins


@dataclass(frozen=True, slots=True)
class _Fit:
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
        fit = self._fit_workers()
        if not fit:
            raise DriverError("no worker of the Dask cluster is free and answers")
        parts = [replace(part, core=None) for part in shared(task, len(fit))]
        driver_pool = DaskPool(self, parts, fit[: len(parts)])
        try:
            yield driver_pool
        except BaseException:
            self._stop(fit)
            raise
        finally:
            driver_pool.release()

    def require_fit(self, services_are_here: bool) -> None:
        """Raise LaunchError if there is no worker, or one that cannot drive or reach the services.

        Services that we launch listen on 127.0.0.1: every worker must run on this machine.
        """
        addresses = list(self.silences_s())
        if not addresses:
            raise LaunchError(
                "the Dask cluster has no worker: start some with `dask worker` and the scheduler's"
                " address"
            )
        hellos = self.ask_all(hello, addresses, FIRST_ANSWER_S)
        for address in addresses:
            told = hellos.get(address)
            if not isinstance(told, Hello):
                raise LaunchError(
                    f"worker {address} cannot drive ({told!r}): install the same Webtrial with its"
                    " requirements on every machine of the cluster"
                )
            if services_are_here and told.machine != machine_id():
                raise LaunchError(
                    f"worker {address} runs on another machine and cannot reach the services that"
                    " we launch on 127.0.0.1: start them where it can, and name them in targets"
                )

    def silences_s(self) -> dict[str, float]:
        """Return the seconds since the scheduler last heard from each worker, by address."""
        try:
            found: dict[str, float] = self.client.sync(
                lambda: self.client.run_on_scheduler(last_heard), callback_timeout=ANSWER_S
            )
        except (OSError, TimeoutError) as error:
            raise DriverError(f"the Dask scheduler does not answer: {error!r}") from None
        return found

    def _fit_workers(self) -> list[_Fit]:
        heard = [a for a, silent_s in self.silences_s().items() if silent_s < SILENCE_LIMIT_S]
        return [fit for address in sorted(heard) if (fit := self._fitness(address)) is not None]

    def _fitness(self, address: str) -> _Fit | None:
        told = self.ask(hello, address)
        if not isinstance(told, Hello) or told.is_busy:
            return None
        if told.machine == machine_id():
            return _Fit(address, SHARED, told.pid if psutil.pid_exists(told.pid) else None)
        try:
            return _Fit(address, compare_clocks(lambda: int(self.ask(read_clock, address))), None)
        except TypeError:  # the worker returned an error instead of a number
            return None

    def ask(self, function: Callable[[], Any], address: str) -> Any:
        """Return what `function` returns or raises on a worker; None if the worker is silent."""
        return self.ask_all(function, [address], ANSWER_S).get(address)

    def ask_all(
        self, function: Callable[[], Any], addresses: list[str], limit_s: float
    ) -> dict[str, Any]:
        run = self.client.run
        try:
            answers: dict[str, Any] = self.client.sync(
                lambda: run(function, workers=addresses, on_error="return"),
                callback_timeout=limit_s,
            )
        except (OSError, TimeoutError):
            return {}
        return answers

    def _stop(self, fit: list[_Fit]) -> None:
        """Stop the drivers of responding workers, and restart silent workers if possible."""
        with suppress(DriverError):
            silences_s = self.silences_s()
            for each in fit:
                if silences_s.get(each.address, inf) < SILENCE_LIMIT_S:  # it is still alive
                    self.ask(stop_driving, each.address)
            self._restart([a for a, silent_s in silences_s.items() if silent_s >= SILENCE_LIMIT_S])

    def _restart(self, addresses: list[str]) -> None:
        if addresses:
            with suppress(ValueError, OSError, TimeoutError):  # not every worker has a nanny
                self.client.restart_workers(addresses, timeout=RESTART_S, raise_for_error=False)


class DaskPool:
    """The coordinator's handle of drivers that run together on workers of a cluster."""

    def __init__(self, cluster: Cluster, parts: list[Task], fit: list[_Fit]) -> None:
        self.pids = tuple(each.pid for each in fit if each.pid is not None)
        self._cluster = cluster
        self._parts = parts
        self._fit = fit
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
            for part, each in zip(parts, fit, strict=True)
        ]

    @cached_property
    def window_opens_ns(self) -> int:
        """Time at which the measured window opens for all workers, by time.perf_counter_ns.

        Waits until all drivers are ready, then starts them.
        """
        self._await_ready()
        begins_ns = perf_counter_ns() + LEAD_NS
        for part, each in zip(self._parts, self._fit, strict=True):
            begin_then = partial(begin, each.clock.shows_ns(begins_ns))
            if self._cluster.ask(begin_then, each.address) is not True:
                with named(part.share):
                    raise DriverError("the load driver could not be told to begin")
        task = self._parts[0]
        lasts_s = task.warmup_s + task.window_s + task.timeout_s
        self._must_end_s = monotonic() + lasts_s + ENDING_LIMIT_S
        return begins_ns + int(task.warmup_s * 1e9)

    def _await_ready(self) -> None:
        until_s = monotonic() + SETTING_UP_LIMIT_S
        for part, each in zip(self._parts, self._fit, strict=True):
            while self._cluster.ask(is_ready, each.address) is not True:
                self.check()
                if monotonic() > until_s:
                    with named(part.share):
                        raise DriverError(
                            f"the load driver was not ready in {SETTING_UP_LIMIT_S:g} s"
                        )
                sleep(0.02)

    def check(self) -> None:
        """Raise DriverError, with the worker's number, if one has died, failed or fallen silent.

        Also if the workers are not done in time.
        """
        silences_s = self._cluster.silences_s()
        for part, each, future in zip(self._parts, self._fit, self._futures, strict=True):
            with named(part.share):
                self._check_one(each.address, future, silences_s)
        if monotonic() > self._must_end_s:
            raise DriverError(f"the workers were not done {ENDING_LIMIT_S:g} s after their trial")

    def _check_one(
        self, address: str, future: distributed.Future[Outcome], silences_s: dict[str, float]
    ) -> None:
        if future.status in ("error", "cancelled", "lost"):
            _result(future)
        if future.status == "finished":
            return
        if address not in silences_s:
            raise DriverError("the load driver died: it left the Dask cluster")
        if silences_s[address] > SILENCE_LIMIT_S:
            raise DriverError(f"the load driver hung: silent for {silences_s[address]:.0f} s")

    def outcome(self) -> Outcome:
        """Wait for the end and return the merged outcome. DriverError if a worker has none."""
        _ = self.window_opens_ns
        while not self._done_within(CHECK_EVERY_S):
            self.check()
        outcomes = []
        for part, future in zip(self._parts, self._futures, strict=True):
            with named(part.share):
                outcomes.append(_result(future))
        return merged(self._parts, outcomes, [each.clock.error_ns / 1e6 for each in self._fit])

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
            f"no Dask scheduler answers at {scheduler} ({type(error).__name__}): start one with"
            " `dask scheduler` and give its address"
        ) from None
    with client:
        cluster = Cluster(client)
        cluster.require_fit(services_are_here)
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
