"""What each single request costs in statements, told by PostgreSQL itself."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tests.waiting import LIMIT_S
from webtrial.measure.postgres import Server, create_database, drop_database
from webtrial.measure.resources import is_data, statement_counts

_RESTS = """
    SELECT count(*) FILTER (WHERE state <> 'idle') = 0 FROM pg_stat_activity
    WHERE datname = %s AND backend_type = 'client backend'
"""
# Without the texts, which are read from a file.
_COUNTS = """
    SELECT userid, queryid, toplevel, calls, rows FROM pg_stat_statements(showtext => false)
    WHERE dbid = (SELECT oid FROM pg_database WHERE datname = %s)
"""
_PAUSE_S = 0.001  # PostgreSQL needs the cores as well

Counts = dict[tuple[object, ...], tuple[int, int]]
"""Calls and rows by user, query and level, as pg_stat_statements keeps them."""
LEGEND = (
    "data statements · rows · control (transactions, resets, pings), per request;"
    " a statement that the database refuses is not counted"
)


@dataclass(frozen=True, slots=True)
class Work:
    """Statements of one request."""

    data: int
    rows: int
    control: int


@dataclass(frozen=True, slots=True)
class Counter:
    """Counts the statements in one database, from another."""

    connection: psycopg.Connection[Any]
    database: str

    def now(self) -> Counts:
        """What was counted until now, once no statement is in the air and nothing changes."""
        deadline_s = time.monotonic() + LIMIT_S
        last = None
        while (counts := self._resting_counts()) is None or counts != last:
            assert time.monotonic() < deadline_s, f"{self.database} is never at rest"
            last = counts
            time.sleep(_PAUSE_S)
        return counts

    def data_queries(self) -> set[tuple[object, ...]]:
        """Which of all that was counted are data statements. Reads every text: ask once."""
        counted = statement_counts(self.connection, self.database)
        assert counted is not None, "pg_stat_statements is not loaded"
        return {key for key, each in counted.items() if is_data(each.text)}

    def _resting_counts(self) -> Counts | None:
        """What was counted until now; None while a connection works."""
        if not self.connection.execute(_RESTS, [self.database]).fetchone()[0]:
            return None
        found = self.connection.execute(_COUNTS, [self.database]).fetchall()
        return {tuple(row[:3]): (row[3], row[4]) for row in found}


def between(before: Counts, after: Counts, data_queries: set[tuple[object, ...]]) -> Work:
    """What one request took. Rows are those of data statements."""
    data = rows = control = 0
    for key, (calls, returned) in after.items():
        calls_before, returned_before = before.get(key, (0, 0))
        if key in data_queries:
            data += calls - calls_before
            rows += returned - returned_before
        else:
            control += calls - calls_before
    return Work(data, rows, control)


@contextmanager
def counting_from(server: Server) -> Iterator[str]:
    """The url of a database from which statements in all databases can be counted."""
    url = create_database(server, "counting")
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION pg_stat_statements")
        yield url
    finally:
        drop_database(server, "counting")


@contextmanager
def counter(counting_url: str, database_url: str) -> Iterator[Counter]:
    """A counter of the statements in the database at `database_url`."""
    with psycopg.connect(counting_url, autocommit=True) as connection:
        yield Counter(connection, urlsplit(database_url).path.lstrip("/"))


def side_by_side(kinds: Sequence[str], works: dict[str, Sequence[Work]]) -> list[str]:
    """A line per kind of request, a column per stack: means per request."""
    order = list(dict.fromkeys(kinds))
    wide = max(map(len, order))
    cells = {stack: _means(kinds, found) for stack, found in works.items()}
    head = f"{'':{wide}}    n" + "".join(f"  {stack:>14}" for stack in works)
    lines = [
        f"{kind:{wide}} {kinds.count(kind):4}" + "".join(f"  {cells[s][kind]:>14}" for s in works)
        for kind in sorted(order)
    ]
    return [LEGEND, "", head, *lines]


def _means(kinds: Sequence[str], works: Sequence[Work]) -> dict[str, str]:
    shown = {}
    for kind in kinds:
        of_kind = [work for each, work in zip(kinds, works, strict=True) if each == kind]
        totals = [sum(getattr(work, part) for work in of_kind) for part in Work.__slots__]
        shown[kind] = " · ".join(f"{total / len(of_kind):.3g}" for total in totals)
    return shown
