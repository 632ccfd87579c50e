"""Checks of the processor: cores and their threads, the CPU quota, other load."""

import os
import time
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

from webtrial.measure.machine import CoreSplit, core_split
from webtrial.measure.processes import busy_s
from webtrial.run.bounds import FOREIGN_MAX, STOLEN_MAX
from webtrial.selftest.doctor.finding import Finding
from webtrial.system.cpu_quota import ROOT, cpu_quota
from webtrial.system.topology import Core, cores_of

WATCHED_S = 0.5
_MOST_NAMED = 3


class Use(NamedTuple):
    """Use of our cores by others during a short time, as fractions of all cores.

    `busiest` is by process name.
    """

    foreign: float
    stolen: float
    busiest: dict[str, float]


def findings() -> Iterator[Finding]:
    """Yield all checks of this module; takes WATCHED_S."""
    available = os.sched_getaffinity(0)
    yield cores(available)
    yield quota(len(available))
    use = watched(available)
    yield other_load(use)
    yield stolen_time(use)


def cores(available: Collection[int], root: Path = ROOT) -> Finding:
    """Whether the load driver has a core to itself."""
    physical = cores_of(available, root)
    split = core_split({*available}, cores=physical)
    if split.driver_core is None:
        remedy = "provide two or more: the load driver takes CPU from the services"
        return Finding("warning", "cores", "1 for services and load driver", remedy)
    services = ", ".join(map(str, split.service_cores))
    value = f"{len(available)}: load driver on {split.driver_core}, services on {services}"
    if _is_shared(split, physical):
        remedy = "provide two physical cores: threads of one core slow each other down"
        return Finding("warning", "cores", f"{value}, threads of the same physical core", remedy)
    return Finding("ok", "cores", value)


def _is_shared(split: CoreSplit, physical: Collection[Core]) -> bool:
    """Whether driver and services run on threads of the same core."""
    return any(split.driver_core in core and {*core} & {*split.service_cores} for core in physical)


def quota(available: int, root: Path = ROOT) -> Finding:
    """Whether a CPU quota leaves us all of the cores."""
    found = cpu_quota(root)
    if found is None:
        return Finding("ok", "CPU quota", "none")
    value = f"{found.cores:g} cores ({found}), {available} available"
    if found.cores >= available:
        return Finding("note", "CPU quota", value, "nothing to do: it allows all cores")
    remedy = f"raise it to {available} cores: trials that it throttles are suspect"
    return Finding("warning", "CPU quota", value, remedy)


def other_load(use: Use) -> Finding:
    """Whether the cores are idle except for our own processes."""
    value = f"{use.foreign:.0%} of the cores"
    if use.foreign <= FOREIGN_MAX:
        return Finding("ok", "other load", value)
    named = ", ".join(f"{name} {share:.0%}" for name, share in use.busiest.items())
    remedy = f"stop it or wait: above {FOREIGN_MAX:.0%}, trials are suspect"
    return Finding("warning", "other load", f"{value}{f' ({named})' if named else ''}", remedy)


def stolen_time(use: Use) -> Finding:
    """Whether the host leaves a virtual machine its cores."""
    value = f"{use.stolen:.0%} of the cores' time"
    if use.stolen <= STOLEN_MAX:
        return Finding("ok", "stolen by the host", value)
    remedy = f"measure at another time or elsewhere: above {STOLEN_MAX:.0%}, trials are suspect"
    return Finding("warning", "stolen by the host", value, remedy)


def watched(available: Collection[int], watched_s: float = WATCHED_S) -> Use:
    """Return how others use the cores `available` during the next `watched_s` seconds."""
    began_s, before, earlier = time.perf_counter(), _spent(available), _processes()
    time.sleep(watched_s)
    after, later = _spent(available), _processes()
    whole_s = (time.perf_counter() - began_s) * len(available)
    used_s = {pid: now.used_s - earlier.get(pid, NEW).used_s for pid, now in later.items()}
    own_s = used_s.pop(os.getpid())
    by_name: Counter[str] = Counter()
    for pid, used in used_s.items():
        by_name[later[pid].name] += used / whole_s  # type: ignore[assignment]
    return Use(
        foreign=max(0.0, (after.busy_s - before.busy_s - own_s) / whole_s),
        stolen=(after.stolen_s - before.stolen_s) / whole_s,
        busiest={name: share for name, share in by_name.most_common(_MOST_NAMED) if share >= 0.01},
    )


class _Spent(NamedTuple):
    busy_s: float
    stolen_s: float


def _spent(available: Collection[int]) -> _Spent:
    every = psutil.cpu_times(percpu=True)
    ours = [every[number] for number in available if number < len(every)]
    return _Spent(sum(map(busy_s, ours)), sum(core.steal for core in ours))


class _Process(NamedTuple):
    name: str
    used_s: float


NEW = _Process("", 0.0)


def _processes() -> dict[int, _Process]:
    """Return all processes by id, except those whose CPU times may not be read."""
    found = psutil.process_iter(["name", "cpu_times"])
    return {
        each.pid: _Process(each.info["name"], times.user + times.system)
        for each in found
        if (times := each.info["cpu_times"])
    }
