"""Server-side cost of a trial: CPU time and memory of process trees, and SQL statements."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import psutil
import psycopg

from webtrial.measure.processes import Reading, Roots, Trees, Usage
from webtrial.run.records import Cost, ResourceSample, Statements

MINIMUM_OBSERVED_FRACTION = 0.5


def cost(readings: Sequence[Reading], window_s: float, statements: Statements | None) -> Cost:
    """Return the CPU-seconds between first and last reading, scaled to the window's length.

    They are None if a starved machine took the readings within less than
    MINIMUM_OBSERVED_FRACTION of the window.
    """
    first, last = readings[0], readings[-1]
    elapsed_s = _elapsed_s(first, last)
    if elapsed_s < MINIMUM_OBSERVED_FRACTION * window_s:
        return Cost(None, None, None, _memory(last.service), statements)
    scale = window_s / elapsed_s
    return Cost(
        service_cpu_s=_cpu_used(first.service, last.service, scale),
        database_cpu_s=_cpu_used(first.database, last.database, scale),
        upstreams_cpu_s=_cpu_used(first.upstreams, last.upstreams, scale),
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
    per_s = 1 / _elapsed_s(earlier, later)
    return ResourceSample(
        t_s=round((later.at_ns - opens_ns) / 1e9, 3),
        service_cpu_fraction=_cpu_used(earlier.service, later.service, per_s),
        database_cpu_fraction=_cpu_used(earlier.database, later.database, per_s),
        upstreams_cpu_fraction=_cpu_used(earlier.upstreams, later.upstreams, per_s),
        service_memory_mib=_memory(later.service),
        database_memory_mib=_memory(later.database),
    )


def _elapsed_s(earlier: Reading, later: Reading) -> float:
    return (later.at_ns - earlier.at_ns) / 1e9


def _cpu_used(earlier: Usage | None, later: Usage | None, scale: float) -> float | None:
    """Return the CPU time used in between; None if the tree is not here or ended in between."""
    if earlier is None or later is None:
        return None
    return round((later.cpu_s - earlier.cpu_s) * scale, 4)


def _memory(usage: Usage | None) -> float | None:
    return None if usage is None else round(usage.memory_mib, 1)


def pids_of_other_databases(connection: "Connection", database: str) -> frozenset[int]:
    """Return the server's processes that work for databases other than `database`."""
    rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE datname <> %s", [database])
    return frozenset(int(str(pid)) for (pid,) in rows)


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
class StatementStats:
    """What pg_stat_statements reports for one statement."""

    text: str
    calls: int
    rows: int
    time_ms: float


StatementCounts = dict[tuple[object, ...], StatementStats]
"""Counts by user, query and level, the key of pg_stat_statements."""


def statement_counts(connection: Connection, database: str) -> StatementCounts | None:
    """Return the server's counts for `database` until now; None if it does not count statements."""
    try:
        rows = connection.execute(_TEXTS, [database]).fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.ObjectNotInPrerequisiteState):
        return None
    return {tuple(row[:3]): StatementStats(*row[3:]) for row in rows}  # type: ignore[arg-type]


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
    for key, later in after.items():
        earlier = before.get(key, StatementStats(later.text, 0, 0, 0.0))
        calls = later.calls - earlier.calls
        time_ms += later.time_ms - earlier.time_ms
        if is_data(later.text):
            data += calls
            rows += later.rows - earlier.rows
        else:
            control += calls
    return Statements(requests, data, control, rows, round(time_ms, 3))


def is_data(text: str) -> bool:
    """Whether a statement works on the data.

    Pings and resets (`SELECT 1`), a driver's queries about types, and everything except reading and
    writing rows count as control.
    """
    stripped = _COMMENT.sub(" ", text).lstrip(" \t\r\n(")
    keyword = stripped[:8].split(None, 1)[0].upper() if stripped else ""
    if keyword in _DATA:
        return True
    return keyword in _READS and bool(_FROM.search(stripped)) and not _CATALOG.search(stripped)
