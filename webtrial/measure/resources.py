"""Server-side cost of a trial: CPU time and memory of process trees, and SQL statements."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import psutil
import psycopg

from webtrial.measure.processes import Reading, Roots, Trees, Usage
from webtrial.run.records import Cost, ResourceSample, Statements

LEAST_SEEN = 0.5


def cost(readings: Sequence[Reading], window_s: float, statements: Statements | None) -> Cost:
    """Return the CPU-seconds between first and last reading, scaled to the window's length.

    They are None if a starved machine took the readings within less than LEAST_SEEN of the window.
    """
    first, last = readings[0], readings[-1]
    apart_s = _apart_s(first, last)
    if apart_s < LEAST_SEEN * window_s:
        return Cost(None, None, None, _memory(last.service), statements)
    scale = window_s / apart_s
    return Cost(
        service_cpu_s=_used(first.service, last.service, scale),
        database_cpu_s=_used(first.database, last.database, scale),
        upstreams_cpu_s=_used(first.upstreams, last.upstreams, scale),
        service_memory_mib=_memory(last.service),
        statements=statements,
    )


def resource_samples(readings: Sequence[Reading], opens_ns: int) -> tuple[ResourceSample, ...]:
    """Return what happened between consecutive readings, at the time of the later one."""
    return tuple(_second(*pair, opens_ns) for pair in pairwise(readings))


def local_postmaster(connection: "Connection") -> int | None:
    """Return the first process of the server behind `connection`, if it runs on this machine."""
    try:
        backend = psutil.Process(connection.info.backend_pid)
        parent = backend.parent()
    except psutil.Error:
        return None
    # If the server is on another machine, the id is unused here or that of another process.
    return parent.pid if parent and backend.name() == parent.name() == "postgres" else None


def memory_mib(root: int | None) -> float | None:
    """Return the memory of the tree below `root` in MiB; None if it is not here."""
    return _memory(Trees(Roots(service=root)).read().service)


def _second(earlier: Reading, later: Reading, opens_ns: int) -> ResourceSample:
    per_s = 1 / _apart_s(earlier, later)
    return ResourceSample(
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
    """Return the CPU time used in between; None if the tree is not here or ended in between."""
    if earlier is None or later is None:
        return None
    return round((later.cpu_s - earlier.cpu_s) * scale, 4)


def _memory(usage: Usage | None) -> float | None:
    return None if usage is None else round(usage.memory_mib, 1)


def serves_others(connection: "Connection", database: str) -> frozenset[int]:
    """Return the server's processes that work for databases other than `database`."""
    found = connection.execute("SELECT pid FROM pg_stat_activity WHERE datname <> %s", [database])
    return frozenset(int(str(pid)) for (pid,) in found)


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
    """What pg_stat_statements reports for one statement."""

    text: str
    calls: int
    rows: int
    time_ms: float


StatementCounts = dict[tuple[object, ...], Counted]
"""Counts by user, query and level, the key of pg_stat_statements."""


def statements_of(connection: Connection, database: str) -> StatementCounts | None:
    """Return the server's counts for `database` until now; None if it does not count statements."""
    try:
        found = connection.execute(_TEXTS, [database]).fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.ObjectNotInPrerequisiteState):
        return None
    return {tuple(row[:3]): Counted(*row[3:]) for row in found}  # type: ignore[arg-type]


def statements_between(
    before: StatementCounts | None, after: StatementCounts | None, requests: int
) -> Statements | None:
    """Return the statements that the server executed for `requests` requests.

    Rows are those of data statements; time is that of all statements.
    """
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
    """Whether a statement works on the data.

    Pings and resets (`SELECT 1`), a driver's queries about types, and everything except reading and
    writing rows count as control.
    """
    bare = _COMMENT.sub(" ", text).lstrip(" \t\r\n(")
    keyword = bare[:8].split(None, 1)[0].upper() if bare else ""
    if keyword in _DATA:
        return True
    return keyword in _READS and bool(_FROM.search(bare)) and not _CATALOG.search(bare)
