"""CPU time and memory of process trees, read with little disturbance.

The CPU time of a tree is the sum over its living processes of their own time and that of the
children they have waited for. A process that ends hands its time to its parent, so the sum never
falls.

The memory of a tree is the memory private to each process (resident − shared), summed, plus the
largest shared part, once. Summing resident sizes would count PostgreSQL's buffers once per backend.
The kernel's own proportional sizes (PSS) cost milliseconds per process, too much each second on the
services' cores. Pages that a fork still shares with its parent are counted twice.

Finding the members of a tree costs some milliseconds on the measured cores, and so does reading
hundreds of them. Within a window, only the processes that work for the trial are read, and they are
found beforehand. The total CPU time of all our processes is read before the window opens and after
it has closed.
"""

import os
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import psutil

from webtrial.system.cpu_quota import throttled_periods

_MIB = 2**20
_CLOCKS_READ = 5
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_SHORTEST_S = 0.25  # a shorter remainder of the window is added to the previous second


@dataclass(frozen=True, slots=True)
class Roots:
    """Root process of each tree that works for a trial; None or () if it is not on this machine.

    `excluded` holds the database server's processes that serve other clients.
    """

    service: int | None = None
    database: int | None = None
    upstreams: tuple[int, ...] = ()
    excluded: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU time that a tree has used since it began, and the memory that it holds now."""

    cpu_s: float
    memory_mib: float


@dataclass(frozen=True, slots=True)
class Reading:
    """Usage of the trees at one moment (`time.perf_counter_ns`).

    A tree is None if it is not on this machine or gone.
    """

    at_ns: int
    service: Usage | None
    database: Usage | None
    upstreams: Usage | None


@dataclass(frozen=True, slots=True)
class MachineTime:
    """CPU time that some cores have spent until one moment, and our share of it.

    `throttled` counts the periods in which a CPU quota has stopped us; it is None without a quota.
    `suspended_s` is how long the machine has been suspended since it started.
    """

    at_ns: int
    busy_s: float
    stolen_s: float
    ours_s: float
    throttled: int | None = None
    suspended_s: float = 0.0


class Trees:
    """The trees below `roots`: found once, and again when one of their processes has ended."""

    def __init__(self, roots: Roots) -> None:
        self._roots = roots
        self._find()

    def read(self) -> Reading:
        """Return the usage of all trees now; takes about 0.03 ms per process."""
        usages = [_usage(tree) for tree in self._trees]
        if any(tree and not usage for tree, usage in zip(self._trees, usages, strict=True)):
            self._find()
            usages = [_usage(tree) for tree in self._trees]
        service, database, upstreams = usages
        return Reading(time.perf_counter_ns(), service, database, upstreams)

    def _find(self) -> None:
        roots = self._roots
        database = _tree(roots.database)
        self._trees = [
            _tree(roots.service),
            [process for process in database if process.pid not in roots.excluded],
            [process for root in roots.upstreams for process in _tree(root)],
        ]


def machine_time(ours: Iterable[int], cores: Collection[int]) -> MachineTime:
    """Return the CPU time of `cores` and of the trees below `ours`, which may be nested.

    Takes some milliseconds.
    """
    trees = {process.pid: process for root in ours for process in _tree(root)}
    ours_s = sum(map(_ticks, trees.values())) / _TICKS_PER_S
    core_times = psutil.cpu_times(percpu=True)
    return MachineTime(
        at_ns=time.perf_counter_ns(),
        busy_s=sum(busy_s(core_times[number]) for number in cores),
        stolen_s=sum(core_times[number].steal for number in cores),
        ours_s=ours_s,
        throttled=throttled_periods(),
        suspended_s=suspended_s(),
    )


def suspended_s(read_ns: Callable[[int], int] = time.clock_gettime_ns) -> float:
    """Return how long the machine has been suspended since it started, in seconds.

    It compares two clocks: one keeps running during a suspend, the other stops.
    """
    # An interruption between the two reads makes the value too small: the largest is right.
    return max(
        (read_ns(time.CLOCK_BOOTTIME) - read_ns(time.CLOCK_MONOTONIC)) / 1e9
        for _ in range(_CLOCKS_READ)
    )


def read_each_second(opens_ns: int, window_s: float, read: Callable[[], Reading]) -> list[Reading]:
    """Return readings from when the window opens, from each second within it, and from its end."""
    readings = []
    for mark_s in marks_s(window_s):
        sleep_until(opens_ns + int(mark_s * 1e9))
        readings.append(read())
    return readings


def sleep_until(at_ns: int) -> None:
    """Sleep until `at_ns` (`time.perf_counter_ns`); return at once if it has passed."""
    time.sleep(max(0.0, (at_ns - time.perf_counter_ns()) / 1e9))


def marks_s(window_s: float) -> list[float]:
    """Return when to read: at every whole second and at the end of the window.

    A short remainder makes the last interval longer than a second.
    """
    return [*range(int(window_s - _SHORTEST_S) + 1), window_s]


def stolen_fraction(ends: Sequence[MachineTime], cores: int) -> float:
    """Return the fraction of the time of `cores` that the host stole between the readings.

    These are the first and the last of `ends`.
    """
    first, last = ends[0], ends[-1]
    return (last.stolen_s - first.stolen_s) / (_elapsed_s(first, last) * cores)


def foreign_fraction(ends: Sequence[MachineTime], cores: int) -> float:
    """Return the CPU time used by processes that are not ours, as a fraction of `cores`.

    The machine counts in ticks and processes are counted exactly, so the difference may be slightly
    negative. It is then returned as 0.
    """
    first, last = ends[0], ends[-1]
    foreign_s = (last.busy_s - first.busy_s) - (last.ours_s - first.ours_s)
    return max(0.0, foreign_s / (_elapsed_s(first, last) * cores))


def throttled_between(ends: Sequence[MachineTime]) -> int | None:
    """Return the number of periods in which a quota stopped us between first and last reading.

    None if there is no quota, or there was none at first.
    """
    first, last = ends[0].throttled, ends[-1].throttled
    return None if first is None or last is None else last - first


def suspended_between_s(ends: Sequence[MachineTime]) -> float:
    """Return how long the machine was suspended between the first and the last reading."""
    return ends[-1].suspended_s - ends[0].suspended_s


def _elapsed_s(first: MachineTime, last: MachineTime) -> float:
    return (last.at_ns - first.at_ns) / 1e9


def _tree(root: int | None) -> list[psutil.Process]:
    try:
        first = psutil.Process(root) if root is not None else None
        return [first, *first.children(recursive=True)] if first else []
    except psutil.NoSuchProcess:
        return []


def _usage(tree: list[psutil.Process]) -> Usage | None:
    """Return the usage of a tree; None if one of its processes has ended or the tree is empty."""
    try:
        cpu_s = sum(map(_own_ticks, tree)) / _TICKS_PER_S
        memories = [process.memory_info() for process in tree]
    except psutil.NoSuchProcess:
        return None
    if not memories:
        return None
    private = sum(memory.rss - memory.shared for memory in memories)
    shared = max(memory.shared for memory in memories)
    return Usage(cpu_s, (private + shared) / _MIB)


def _ticks(process: psutil.Process) -> int:
    """Return the CPU time of a process; 0 if it has ended, because its parent has its time."""
    try:
        return _own_ticks(process)
    except psutil.NoSuchProcess:
        return 0


def _own_ticks(process: psutil.Process) -> int:
    """Return the CPU time of a process in the kernel's ticks, which add up without rounding."""
    used = process.cpu_times()
    seconds = used.user + used.system + used.children_user + used.children_system
    return round(seconds * _TICKS_PER_S)


def busy_s(core: Any) -> float:
    """Return the time that a core has been busy, from its `psutil.cpu_times`."""
    return float(core.user + core.nice + core.system + core.irq + core.softirq)
