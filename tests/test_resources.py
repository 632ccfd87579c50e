"""What a trial cost: sums over process trees that never fall, statements counted exactly."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psutil
import psycopg
import pytest

from webtrial.measure.postgres import Server, can_count_statements, create_database, drop_database
from webtrial.measure.resources import (
    Counted,
    Reading,
    Roots,
    Usage,
    cost,
    foreign_fraction,
    is_data,
    local_postmaster,
    marks_s,
    read,
    seconds,
    statements_between,
    statements_of,
    stolen_fraction,
    watch,
)
from webtrial.records import Cost, Second, Statements

CORES = tuple(range(psutil.cpu_count() or 1))

# A process that starts another; both use CPU when told to, and the inner one ends when told to.
SPIN = """
import sys, time
end = time.process_time() + 0.2
while time.process_time() < end: pass
print("spun", flush=True); sys.stdin.readline()
"""
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {SPIN!r}], stdin=-1, stdout=-1, text=True)
child.stdout.readline()
exec({SPIN!r})
child.communicate("end")
print("reaped", flush=True); sys.stdin.readline()
"""


@pytest.fixture
def family() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def after(process: subprocess.Popen[str], word: str) -> Reading:
    assert process.stdout is not None
    assert process.stdout.readline().strip() == word
    return read(Roots(process.pid, None, (), (process.pid, os.getpid()), CORES))


def go_on(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_a_tree_keeps_the_time_of_children_that_ended(family: subprocess.Popen[str]) -> None:
    with_child = after(family, "spun").service
    go_on(family)
    without_child = after(family, "reaped").service
    assert with_child is not None
    assert without_child is not None
    assert with_child.cpu_s >= 0.39  # both spun for 0.2 s, counted in ticks of 10 ms
    assert without_child.cpu_s >= with_child.cpu_s
    assert 0 < without_child.memory_mib < with_child.memory_mib


def test_a_tree_that_is_gone_or_not_here_is_unknown_not_zero(
    family: subprocess.Popen[str],
) -> None:
    family.kill()
    family.wait()
    reading = read(Roots(family.pid, None, (), (os.getpid(),), CORES))
    assert (reading.service, reading.database, reading.upstreams) == (None, None, None)
    assert reading.ours.cpu_s > 0


def test_the_machine_is_at_least_as_busy_as_we_are() -> None:
    reading = read(Roots(None, None, (), (os.getpid(),), CORES))
    assert reading.busy_s > reading.ours.cpu_s
    assert reading.stolen_s >= 0


def test_only_the_cores_that_we_use_are_read() -> None:
    every = read(Roots(None, None, (), (), CORES)).busy_s
    one = read(Roots(None, None, (), (), CORES[:1])).busy_s
    assert 0 < one < every
    assert read(Roots(None, None, (), (), ())).busy_s == 0


@pytest.mark.parametrize(
    ("window_s", "marks"),
    [
        (0.5, [0, 0.5]),
        (1.0, [0, 1.0]),
        (1.5, [0, 1, 1.5]),
        (2.0, [0, 1, 2.0]),
        (3.1, [0, 1, 2, 3.1]),
    ],
)
def test_a_window_is_read_at_both_ends_and_each_second(window_s: float, marks: list[float]) -> None:
    assert marks_s(window_s) == marks


def test_a_window_that_is_over_is_still_read_at_every_mark() -> None:
    taken = iter(range(10))
    assert watch(0, 2.0, lambda: next(taken)) == [0, 1, 2]  # type: ignore[arg-type, return-value]


def usage(cpu_s: float, memory_mib: float = 80.0) -> Usage:
    return Usage(cpu_s, memory_mib)


READINGS = [
    Reading(10_000_000_000, usage(5.0), usage(2.0, 300.0), None, usage(9.0), 100.0, 1.0),
    Reading(11_000_000_000, usage(5.9), usage(2.1, 300.0), None, usage(10.1), 101.2, 1.0),
    Reading(12_000_000_000, usage(6.5, 90.0), usage(2.4, 310.0), None, usage(11.0), 102.4, 1.1),
]


def test_cost_is_the_difference_between_the_windows_ends() -> None:
    assert cost(READINGS, 2.0, None) == Cost(1.5, 0.4, None, 90.0, None)


def test_a_reading_that_came_late_is_scaled_to_the_window() -> None:
    late = [READINGS[0], replace(READINGS[2], at_ns=12_500_000_000)]
    assert cost(late, 2.0, None).service_cpu_s == 1.2


def test_a_service_that_ended_has_no_cost() -> None:
    ended = [READINGS[0], replace(READINGS[2], service=None)]
    assert cost(ended, 2.0, None).service_cpu_s is None


def test_seconds_are_what_happened_between_readings() -> None:
    assert seconds(READINGS, 10_000_000_000) == (
        Second(1.0, 0.9, 0.1, None, 80.0, 300.0),
        Second(2.0, 0.6, 0.3, None, 90.0, 310.0),
    )


def test_no_reading_no_seconds() -> None:
    assert seconds([], 0) == ()


def test_foreign_cpu_is_what_was_busy_without_us() -> None:
    assert foreign_fraction(READINGS, cores=2) == pytest.approx((2.4 - 2.0) / 4)
    assert stolen_fraction(READINGS, cores=2) == pytest.approx(0.1 / 4)


def test_foreign_cpu_is_never_below_nothing() -> None:
    idle = [READINGS[0], replace(READINGS[2], busy_s=100.5)]
    assert foreign_fraction(idle, cores=2) == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "SELECT id, username FROM users WHERE id = $1",
        "  select count(*) from users",
        "/* who asks */ SELECT id FROM users",
        "(SELECT id FROM products ORDER BY id) UNION ALL (SELECT id FROM reviews)",
        "INSERT INTO users (username, email, age) VALUES ($1, $2, $3) RETURNING id",
        "UPDATE users SET age = $1 WHERE id = $2",
        "DELETE FROM users WHERE id = $1",
        "WITH recent AS (SELECT max(date) FROM sales) SELECT * FROM recent",
        "MERGE INTO users USING orders ON true WHEN MATCHED THEN DO NOTHING",
    ],
)
def test_reading_and_writing_rows_is_data(text: str) -> None:
    assert is_data(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT $1",
        "SELECT 1",
        "SELECT pg_advisory_unlock_all()",
        "SELECT pg_catalog.version()",
        "SELECT set_config($1, $2, $3)",
        "SELECT t.oid FROM pg_catalog.pg_type AS t",
        "WITH RECURSIVE typeinfo_tree AS (SELECT * FROM pg_type) SELECT * FROM typeinfo_tree",
        "SHOW standard_conforming_strings",
        "BEGIN",
        "BEGIN ISOLATION LEVEL READ COMMITTED",
        "COMMIT",
        "ROLLBACK",
        "SET application_name = 'x'",
        "RESET ALL",
        "DEALLOCATE ALL",
        "DISCARD ALL",
        "CLOSE ALL",
        "UNLISTEN *",
        "",
    ],
)
def test_pings_resets_transactions_and_catalogues_are_control(text: str) -> None:
    assert not is_data(text)


def counted(text: str, calls: int, rows: int, time_ms: float) -> Counted:
    return Counted(text, calls, rows, time_ms)


def test_statements_are_the_difference_by_kind() -> None:
    before: Any = {1: counted("SELECT id FROM users", 10, 10, 5.0), 2: counted("BEGIN", 10, 0, 0.1)}
    later: Any = {
        1: counted("SELECT id FROM users", 30, 28, 9.0),
        2: counted("BEGIN", 30, 0, 0.3),
        3: counted("DELETE FROM users", 2, 1, 1.0),
    }
    assert statements_between(before, later, 20) == Statements(20, 22, 20, 19, 5.2)
    assert statements_between(None, later, 20) is None
    assert statements_between(before, None, 20) is None


@pytest.fixture
def database(postgres: Server) -> Iterator[str]:
    if not can_count_statements(postgres):
        pytest.skip("this PostgreSQL does not count statements")
    yield create_database(postgres, "resources")
    drop_database(postgres, "resources")


def test_postgresql_counts_what_a_connection_did(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute("CREATE EXTENSION pg_stat_statements")
        connection.execute("CREATE TABLE things (id integer)")
        before = statements_of(connection, name)
        for number in range(7):
            connection.execute("INSERT INTO things VALUES (%s)", [number])
        connection.execute("SELECT 1")
        with connection.transaction():
            assert len(connection.execute("SELECT id FROM things WHERE id < 5").fetchall()) == 5
        found = statements_between(before, statements_of(connection, name), 7)
    assert found is not None
    # Reading the counters is a statement on the data of that database, as it happens: it ended
    # after the first reading was taken and before the second.
    assert (found.data, found.rows) == (7 + 1 + 1, 7 + 5 + len(before or {}))
    assert found.control == 1 + 2
    assert found.time_ms > 0


def test_a_server_without_the_extension_is_unknown_not_zero(postgres: Server) -> None:
    url = create_database(postgres, "without")
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            assert statements_of(connection, connection.info.dbname) is None
    finally:
        drop_database(postgres, "without")


def test_the_postmaster_of_a_server_on_this_machine_is_found(postgres: Server) -> None:
    if postgres.pid is None:
        pytest.skip("this PostgreSQL may be elsewhere")
    with psycopg.connect(postgres.url) as connection:
        assert local_postmaster(connection) == postgres.pid  # type: ignore[arg-type]
