"""What a trial cost: sums over process trees that never fall, statements counted exactly."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from webtrial.measure.postgres import Server, can_count_statements, create_database, drop_database
from webtrial.measure.processes import Reading, Usage
from webtrial.measure.resources import (
    StatementStats,
    cost,
    is_data,
    local_postmaster,
    pids_of_other_databases,
    resource_samples,
    statement_counts,
    statements_between,
)
from webtrial.run.records import Cost, ResourceSample, Statements


def usage(cpu_s: float, memory_mib: float = 80.0) -> Usage:
    return Usage(cpu_s, memory_mib)


READINGS = [
    Reading(10_000_000_000, usage(5.0), usage(2.0, 300.0), None),
    Reading(11_000_000_000, usage(5.9), usage(2.1, 300.0), None),
    Reading(12_000_000_000, usage(6.5, 90.0), usage(2.4, 310.0), None),
]


def test_cost_is_the_difference_between_the_windows_ends() -> None:
    assert cost(READINGS, 2.0, None) == Cost(1.5, 0.4, None, 90.0, None)


def test_a_reading_that_came_late_is_scaled_to_the_window() -> None:
    late = [READINGS[0], replace(READINGS[2], at_ns=12_500_000_000)]
    assert cost(late, 2.0, None).service_cpu_s == 1.2


def test_a_service_that_ended_has_no_cost() -> None:
    ended = [READINGS[0], replace(READINGS[2], service=None)]
    assert cost(ended, 2.0, None).service_cpu_s is None


def test_readings_that_both_came_late_tell_no_cost() -> None:
    late = [replace(READINGS[2], at_ns=12_219_000_000), replace(READINGS[2], at_ns=12_220_000_000)]
    assert cost(late, 2.0, None) == Cost(None, None, None, 90.0, None)


def test_seconds_are_what_happened_between_readings() -> None:
    assert resource_samples(READINGS, 10_000_000_000) == (
        ResourceSample(1.0, 0.9, 0.1, None, 80.0, 300.0),
        ResourceSample(2.0, 0.6, 0.3, None, 90.0, 310.0),
    )


def test_no_readings_give_no_samples() -> None:
    assert resource_samples([], 0) == ()


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


def counted(text: str, calls: int, rows: int, time_ms: float) -> StatementStats:
    return StatementStats(text, calls, rows, time_ms)


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
        before = statement_counts(connection, name)
        for number in range(7):
            connection.execute("INSERT INTO things VALUES (%s)", [number])
        connection.execute("SELECT 1")
        with connection.transaction():
            assert len(connection.execute("SELECT id FROM things WHERE id < 5").fetchall()) == 5
        found = statements_between(before, statement_counts(connection, name), 7)
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
            assert statement_counts(connection, connection.info.dbname) is None
    finally:
        drop_database(postgres, "without")


def test_the_postmaster_of_a_server_on_this_machine_is_found(postgres: Server) -> None:
    if postgres.pid is None:
        pytest.skip("this PostgreSQL may be elsewhere")
    with psycopg.connect(postgres.url) as connection:
        assert local_postmaster(connection) == postgres.pid  # type: ignore[arg-type]


def test_the_processes_that_work_for_other_databases_are_told(
    database: str, postgres: Server
) -> None:
    with psycopg.connect(database) as own, psycopg.connect(postgres.url) as other:
        beside = pids_of_other_databases(own, own.info.dbname)
        assert other.info.backend_pid in beside
        assert own.info.backend_pid not in beside
