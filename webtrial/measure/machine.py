"""The machine: its description, the assignment of its cores, and its current speed."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from time import perf_counter, perf_counter_ns
from typing import Any

import psutil

from webtrial.system.cpu_quota import cpu_quota
from webtrial.system.topology import Core, cores_of

SPEED_S = 0.2  # spent on pieces of work of about half a millisecond each
_WORDS = tuple(f"word-{n * 7919 % 1000}" for n in range(1000))


@dataclass(frozen=True, slots=True)
class CoreSplit:
    """Assignment of the cores to the load driver and to everything else.

    `driver_core` is None if the driver has no core of its own. Several drivers have one of
    `worker_cores` each; if that is empty they share `driver_core`. None of our processes runs on
    `idle_cores`: they are sibling threads of a driver's physical core, and work there would slow
    the driver down.
    """

    driver_core: int | None
    service_cores: tuple[int, ...]
    worker_cores: tuple[int, ...] = ()
    idle_cores: tuple[int, ...] = ()

    @property
    def all_cores(self) -> tuple[int, ...]:
        """Return the cores that are monitored: those of services and drivers, and the idle ones."""
        driver = () if self.driver_core is None else (self.driver_core,)
        return (*self.service_cores, *(self.worker_cores or driver), *self.idle_cores)


def core_split(
    available: set[int] | None = None, workers: int = 1, cores: Sequence[Core] | None = None
) -> CoreSplit:
    """Give the last core to the driver if there are two or more, the others to the services.

    Several `workers` get the last cores, one each, if that leaves any for the services. `cores`
    says which of the available threads share a physical core. By default none do, or those of this
    machine if `available` is not given. If there is a choice, services and drivers share no
    physical core.
    """
    if available is None:
        available = os.sched_getaffinity(0)
        cores = cores_of(available)
    threads = sorted(available)
    if len(threads) == 1:
        return CoreSplit(None, (threads[0],))
    drivers = workers if 1 < workers < len(threads) else 1
    driver_threads, idle = _drivers_cores(threads, drivers, cores or ())
    services = tuple(each for each in threads if each not in driver_threads and each not in idle)
    return CoreSplit(driver_threads[-1], services, driver_threads if drivers > 1 else (), idle)


def _drivers_cores(
    threads: Sequence[int], drivers: int, cores: Sequence[Core]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the threads for that many drivers, and the other threads of their physical cores.

    The drivers get the last physical cores: one each, or fewer if that would leave none for the
    services. The last thread of a core is used first. If these cores have too few threads, the
    drivers get the last threads of all.
    """
    by_core = [[each for each in core if each in threads] for core in cores]
    last = by_core[max(1, len(by_core) - drivers) :]
    interleaved = [each for turn in zip_longest(*map(reversed, last)) for each in turn]
    available_threads = [each for each in interleaved if each is not None]
    if len(available_threads) < drivers:
        return tuple(threads[-drivers:]), ()
    return tuple(sorted(available_threads[:drivers])), tuple(sorted(available_threads[drivers:]))


def describe() -> dict[str, Any]:
    """Return what a reader must know of the machine, without host names, user names or paths."""
    quota, cores = cpu_quota(), cores_of(os.sched_getaffinity(0))
    return {
        "cores": len(os.sched_getaffinity(0)),
        "cores_of_machine": psutil.cpu_count(),
        "processor": _processor(),
        "threads_per_core": max(map(len, cores)),
        "threads_of_cores": [",".join(map(str, core)) for core in cores if len(core) > 1],
        "cpu_quota": str(quota) if quota else None,
        "cpu_quota_cores": round(quota.cores, 2) if quota else None,
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.system(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def speed_per_s() -> float:
    """Return how many times per second a fixed piece of Python work runs on this core.

    The fastest piece within SPEED_S counts: it shows how fast the undisturbed core is. It is timed
    with the wall clock. A thread's CPU clock gives back the time that the hypervisor took late and
    all at once, and has shown zero for a whole piece. On a shared machine, a neighbour on the same
    silicon nearly halves the speed for tenths of a second at a time (seen: 600 and 1,100,
    autocorrelation 0.5 after 0.1 s). Which of the two speeds a single piece sees says nothing about
    a trial of seconds; a slower state that lasts does.
    """
    end_s = perf_counter() + SPEED_S
    best_ns = _piece_ns()
    while perf_counter() < end_s:
        best_ns = min(best_ns, _piece_ns())
    return 1e9 / best_ns


def _piece_ns() -> int:
    start_ns = perf_counter_ns()
    for _ in range(5):
        counts: dict[str, int] = {}
        for word in _WORDS:
            counts[word] = counts.get(word, 0) + len(word)
        sorted(counts, key=counts.__getitem__)
    return perf_counter_ns() - start_ns


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())
