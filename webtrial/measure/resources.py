"""What a trial costs on the server's side: CPU and memory of process trees, SQL statements.

CPU of a tree is the sum over its living processes of their own time and that of the children they
have waited for: a process that ends hands its time to its parent, so the sum never falls.

Memory of a tree is what its processes hold alone (resident − shared) plus the largest shared part
once. A sum of resident sizes would count PostgreSQL's buffers once per backend; the kernel's own
proportional sizes cost milliseconds per process, too much each second on the services' cores.
Pages that a fork still shares with its parent are counted twice.
"""

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import psutil
import psycopg

from webtrial.records import Cost, Second, Statements

_MIB = 2**20
_SHORTEST_S = 0.25  # a rest of the window shorter than this belongs to the second before


@dataclass(frozen=True, slots=True)
class Roots:
    """The first process of each tree; None or () where it is not on this machine.

    `ours` are the roots of everything that is not foreign, `cores` those that it runs on.
    """

    service: int | None
    database: int | None
    upstreams: tuple[int, ...]
    ours: tuple[int, ...]
    cores: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """What a tree has used since it began, and holds now."""

    cpu_s: float
    memory_mib: float


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything at one moment (`time.perf_counter_ns`). `busy_s`, `stolen_s`: all our cores."""

    at_ns: int
    service: Usage | None
    database: Usage | None
    upstreams: Usage | None
    ours: Usage
    busy_s: float
    stolen_s: float


@dataclass(frozen=True, slots=True)
class _Process:
    parent: int
    cpu_s: float
    alone_bytes: int
    shared_bytes: int


def read(roots: Roots) -> Reading:
    """Usage of all trees now. Takes some milliseconds."""
    processes = _processes(roots.ours)
    cores = _cores(roots.cores)
    return Reading(
        at_ns=time.perf_counter_ns(),
        service=_usage(processes, [roots.service] if roots.service else []),
        database=_usage(processes, [roots.database] if roots.database else []),
        upstreams=_usage(processes, roots.upstreams),
        ours=_usage(processes, roots.ours) or Usage(0.0, 0.0),
        busy_s=sum(map(_busy_s, cores)),
        stolen_s=sum(core.steal for core in cores),
    )


def _cores(numbers: Iterable[int]) -> list[Any]:
    """What psutil says of each of these cores; it lists them as the kernel numbers them."""
    every = psutil.cpu_times(percpu=True)
    return [every[number] for number in numbers]


def _busy_s(core: Any) -> float:
    return float(core.user + core.nice + core.system + core.irq + core.softirq)


def watch(opens_ns: int, window_s: float, take: Callable[[], Reading]) -> list[Reading]:
    """Readings when the window opens, each second within it, and when it closes."""
    readings = []
    for mark_s in marks_s(window_s):
        time.sleep(max(0.0, (opens_ns - time.perf_counter_ns()) / 1e9 + mark_s))
        readings.append(take())
    return readings


def marks_s(window_s: float) -> list[float]:
    """When to read: every whole second, and the end, which may make the last one longer."""
    return [*range(int(window_s - _SHORTEST_S) + 1), window_s]


def cost(readings: Sequence[Reading], window_s: float, statements: Statements | None) -> Cost:
    """CPU-seconds between the first and the last reading, scaled to the window's length."""
    first, last = readings[0], readings[-1]
    scale = window_s / _apart_s(first, last)
    return Cost(
        service_cpu_s=_used(first.service, last.service, scale),
        database_cpu_s=_used(first.database, last.database, scale),
        upstreams_cpu_s=_used(first.upstreams, last.upstreams, scale),
        service_memory_mib=_memory(last.service),
        statements=statements,
    )


def seconds(readings: Sequence[Reading], opens_ns: int) -> tuple[Second, ...]:
    """What happened between each reading and the next, at the time of the later one."""
    return tuple(_second(*pair, opens_ns) for pair in pairwise(readings))


def stolen_fraction(readings: Sequence[Reading], cores: int) -> float:
    """Time stolen by the host, as a fraction of `cores`."""
    first, last = readings[0], readings[-1]
    return (last.stolen_s - first.stolen_s) / (_apart_s(first, last) * cores)


def foreign_fraction(readings: Sequence[Reading], cores: int) -> float:
    """CPU that was used by processes that are not ours, as a fraction of `cores`.

    The machine counts by ticks and processes are counted exactly, so that it may come out a
    little below nothing: then it is nothing.
    """
    first, last = readings[0], readings[-1]
    foreign_s = (last.busy_s - first.busy_s) - (last.ours.cpu_s - first.ours.cpu_s)
    return max(0.0, foreign_s / (_apart_s(first, last) * cores))


def local_postmaster(connection: "Connection") -> int | None:
    """The first process of the server behind `connection`, where it runs on this machine."""
    try:
        backend = psutil.Process(connection.info.backend_pid)
        parent = backend.parent()
    except psutil.Error:
        return None
    # Elsewhere the number means nothing, or some other process.
    return parent.pid if parent and backend.name() == parent.name() == "postgres" else None


def _second(earlier: Reading, later: Reading, opens_ns: int) -> Second:
    per_s = 1 / _apart_s(earlier, later)
    return Second(
        t_s=round((later.at_ns - opens_ns) / 1e9, 3),
        service_cpu_fraction=_used(earlier.service, later.service, per_s),
        database_cpu_fraction=_used(earlier.database, later.database, per_s),
        upstreams_cpu_fraction=_used(earlier.upstreams, later.upstreams, per_s),
        service_memory_mib=_memory(later.service),
        database_memory_mib=_memory(later.database),
    )


def _apart_s(earlier: Reading, later: Reading) -> float:
    return (later.at_ns - earlier.at_ns) / 1e9


def _used(earlier: Usage | None, later: Usage | None, scale: float) -> float | None:
    """None where the tree is not here, or ended in between."""
    if earlier is None or later is None:
        return None
    return round((later.cpu_s - earlier.cpu_s) * scale, 4)


def _memory(usage: Usage | None) -> float | None:
    return None if usage is None else round(usage.memory_mib, 1)


def _processes(roots: Iterable[int]) -> dict[int, _Process]:
    found: dict[int, _Process] = {}
    for root in roots:
        try:
            first = psutil.Process(root)
            members = [first, *first.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
        for member in members:
            if (process := _process(member)) is not None:
                found[member.pid] = process
    return found


def _process(process: psutil.Process) -> _Process | None:
    try:
        with process.oneshot():
            cpu, memory = process.cpu_times(), process.memory_info()
            used_s = cpu.user + cpu.system + cpu.children_user + cpu.children_system
            return _Process(process.ppid(), used_s, memory.rss - memory.shared, memory.shared)
    except psutil.NoSuchProcess:
        return None


def _usage(processes: dict[int, _Process], roots: Iterable[int]) -> Usage | None:
    members = [processes[pid] for pid in _tree(processes, roots)]
    if not members:
        return None
    alone = sum(member.alone_bytes for member in members)
    shared = max(member.shared_bytes for member in members)
    return Usage(sum(member.cpu_s for member in members), (alone + shared) / _MIB)


def _tree(processes: dict[int, _Process], roots: Iterable[int]) -> set[int]:
    children = defaultdict(list)
    for pid, process in processes.items():
        children[process.parent].append(pid)
    found: set[int] = set()
    waiting = [root for root in roots if root in processes]
    while waiting:
        pid = waiting.pop()
        found.add(pid)
        waiting += [child for child in children[pid] if child not in found]
    return found


# --- statements

Connection = psycopg.Connection[tuple[object, ...]]

_DATA = ("INSERT", "UPDATE", "DELETE", "MERGE")
_READS = ("SELECT", "WITH", "VALUES")
_FROM = re.compile(r"\bFROM\b", re.IGNORECASE)
_CATALOG = re.compile(r"\b(pg_catalog|information_schema)\.|\bpg_type\b", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)

_TEXTS = """
    SELECT userid, queryid, toplevel, query, calls, rows, total_exec_time
    FROM pg_stat_statements
    WHERE dbid = (SELECT oid FROM pg_database WHERE datname = %s)
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """What pg_stat_statements says of one statement."""

    text: str
    calls: int
    rows: int
    time_ms: float


StatementCounts = dict[tuple[object, ...], Counted]
"""By user, query and level, as pg_stat_statements keeps them."""


def statements_of(connection: Connection, database: str) -> StatementCounts | None:
    """What the server has counted for `database` until now; None where it does not count."""
    try:
        found = connection.execute(_TEXTS, [database]).fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.ObjectNotInPrerequisiteState):
        return None
    return {tuple(row[:3]): Counted(*row[3:]) for row in found}  # type: ignore[arg-type]


def statements_between(
    before: StatementCounts | None, after: StatementCounts | None, requests: int
) -> Statements | None:
    """The statements of `requests` requests. Rows are those of data statements; time is of all."""
    if before is None or after is None:
        return None
    data = control = rows = 0
    time_ms = 0.0
    for key, now in after.items():
        then = before.get(key, Counted(now.text, 0, 0, 0.0))
        calls = now.calls - then.calls
        time_ms += now.time_ms - then.time_ms
        if is_data(now.text):
            data += calls
            rows += now.rows - then.rows
        else:
            control += calls
    return Statements(requests, data, control, rows, round(time_ms, 3))


def is_data(text: str) -> bool:
    """Whether a statement works on the data. Pings and resets (`SELECT 1`), a driver's questions
    about types, and everything but reading and writing rows are control."""
    bare = _COMMENT.sub(" ", text).lstrip(" \t\r\n(")
    keyword = bare[:8].split(None, 1)[0].upper() if bare else ""
    if keyword in _DATA:
        return True
    return keyword in _READS and bool(_FROM.search(bare)) and not _CATALOG.search(bare)
