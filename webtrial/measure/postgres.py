"""PostgreSQL servers, embedded or external, and the databases of a run in them.

The name of every database of a run starts with the run's prefix. A run therefore drops only its own
databases, and the next run on the same machine recognises those that a killed run left behind.
"""

import platform
import re
import secrets
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, LiteralString
from urllib.parse import urlsplit

import psutil
import psycopg
from psycopg import sql

from webtrial.errors import LaunchError

OLDEST_VERSION = 15  # the first with CREATE DATABASE … STRATEGY
SPARE_CONNECTIONS = 3  # for the launcher and the monitoring; never more at a time

# Set per database: no service has to send SET itself, and all have the same settings.
DATABASE_SETTINGS: dict[str, str] = {
    "jit": "off",
    "synchronous_commit": "off",
    "plan_cache_mode": "force_custom_plan",
    "default_transaction_isolation": "read committed",
    "timezone": "UTC",
}

_CHECKS: LiteralString = """
    SELECT (SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user),
           EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm'),
           current_setting('max_connections')::int
               - (SELECT CASE WHEN rolsuper THEN 0
                         ELSE current_setting('superuser_reserved_connections')::int END
                  FROM pg_roles WHERE rolname = current_user)
               - (SELECT count(*)::int FROM pg_stat_activity
                  WHERE backend_type = 'client backend' AND pid <> pg_backend_pid())
"""

_NAME = re.compile(r"[a-z0-9_-]+")
_LONGEST_NAME = 63  # bytes of an identifier (NAMEDATALEN - 1)


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server that we may fill.

    `pid` is its first process; None if the server is not ours.
    """

    url: str
    version: str
    prefix: str
    pid: int | None = None


@contextmanager
def external(url: str, connections: int) -> Iterator[Server]:
    """Check and yield the PostgreSQL at `url`: version, rights, pg_trgm, `connections` to spare.

    At the start it drops the databases that a killed run left, at the end those that were created
    with it. Raises LaunchError that says what is missing; the password is never shown.
    """
    _check_url(url)
    with _connection(url) as connection:
        version = _check_server(connection, redacted(url), connections)
    server = Server(url, version, new_prefix())
    _drop_leftovers(server)
    try:
        yield server
    finally:
        with suppress(LaunchError):  # the server is lost: the next run drops the rest
            drop_run_databases(server)


def redacted(url: str) -> str:
    """Return `url` for messages, without its password and options.

    A URL that cannot be parsed is not shown at all, because it may contain the password anywhere.
    """
    if not _can_be_parsed(url):
        return "(not shown: it cannot be parsed and may contain a password)"
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def new_prefix() -> str:
    """Return the prefix of this process's database names: machine, process and a random part."""
    process = psutil.Process()
    return f"{_machine_prefix()}{process.pid}_{int(process.create_time())}_{secrets.token_hex(2)}_"


def database_url(server: Server, name: str) -> str:
    """Return the URL of this run's database `name`."""
    parts = urlsplit(server.url)
    options = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}/{_prefixed(server, name)}{options}"


def create_database(server: Server, name: str, template: str | None = None) -> str:
    """Create the database `name`, empty or as a copy of the sealed `template`; return its URL.

    Copying files costs less than logging every page, and all clones have the same layout on disk.
    """
    source = sql.Identifier(_prefixed(server, template) if template else "template0")
    target = sql.Identifier(_prefixed(server, name))
    encoding = sql.SQL("" if template else "ENCODING 'UTF8'")
    with _connection(server.url) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy {}").format(
                target, source, encoding
            )
        )
        for setting, value in DATABASE_SETTINGS.items():
            connection.execute(
                sql.SQL("ALTER DATABASE {} SET {} TO {}").format(
                    target, sql.Identifier(setting), sql.Literal(value)
                )
            )
    return database_url(server, name)


def seal_template(server: Server, name: str) -> None:
    """Make `name` a template that refuses connections; one open session would block copying it."""
    prefixed = _prefixed(server, name)
    with _connection(server.url) as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false IS_TEMPLATE true").format(
                sql.Identifier(prefixed)
            )
        )
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            [prefixed],
        )


def drop_database(server: Server, name: str) -> None:
    """Drop the database `name` with its sessions, if it exists."""
    with _connection(server.url) as connection:
        _drop(connection, _prefixed(server, name), force=True)


def drop_run_databases(server: Server) -> None:
    """Drop every database that this run created."""
    with _connection(server.url) as connection:
        for prefixed in _databases(connection, server.prefix):
            _drop(connection, prefixed, force=True)


def can_count_statements(server: Server) -> bool:
    """Whether pg_stat_statements is loaded and we may create and read it."""
    try:
        with _connection(server.url) as connection, connection.transaction(force_rollback=True):
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            connection.execute("SELECT count(*) FROM pg_stat_statements")
    except psycopg.Error:
        return False
    return True


def _check_url(url: str) -> None:
    if _can_be_parsed(url) and urlsplit(url).scheme in ("postgresql", "postgres"):
        return
    raise LaunchError(
        f"DATABASE_URL = {redacted(url)} is not valid: write"
        " postgresql://user:password@host:port/name (in user and password write @ as %40, / as %2F,"
        " ? as %3F, # as %23)"
    )


def _can_be_parsed(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.username and parts.hostname) and "@" not in parts.path


def _check_server(connection: psycopg.Connection, server: str, needed: int) -> str:
    """Return the version of a suitable server; raise LaunchError that lists what is missing."""
    version = connection.info.server_version // 10_000
    may_create, has_trigrams, free = _one(connection, _CHECKS)
    user = connection.info.user
    checks = {
        f"is version {version}: use {OLDEST_VERSION} or newer": version >= OLDEST_VERSION,
        f'does not let {user!r} create databases: run ALTER ROLE "{user}" CREATEDB': may_create,
        "has no extension pg_trgm: install PostgreSQL's contrib package": has_trigrams,
        f"has {free} free connections, but {needed} are needed: raise its max_connections by"
        f" {needed - free}, or lower the parameter database_connections": free >= needed,
    }
    if faults := [fault for fault, passed in checks.items() if not passed]:
        raise LaunchError(f"PostgreSQL at {server} " + "; it ".join(faults))
    return str(_one(connection, "SHOW server_version")[0]).split()[0]


def _one(connection: psycopg.Connection, query: LiteralString) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row


def _machine_prefix() -> str:
    return f"webtrial_{zlib.crc32(platform.node().encode()):08x}_"


def _drop_leftovers(server: Server) -> None:
    """Drop the databases that dead runs of this machine left; never one that is in use."""
    with _connection(server.url) as connection:
        for prefixed in _databases(connection, _machine_prefix()):
            pid, started, *_ = prefixed.removeprefix(_machine_prefix()).split("_")
            if not _is_running(int(pid), int(started)):
                with suppress(psycopg.Error):
                    _drop(connection, prefixed, force=False)


def _is_running(pid: int, started: int) -> bool:
    try:
        return int(psutil.Process(pid).create_time()) == started
    except psutil.NoSuchProcess:
        return False


def _databases(connection: psycopg.Connection, prefix: str) -> list[str]:
    query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY datname"
    return [name for (name,) in connection.execute(query, [prefix])]


def _drop(connection: psycopg.Connection, prefixed: str, force: bool) -> None:
    if not _databases(connection, prefixed):
        return
    name = sql.Identifier(prefixed)
    connection.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE false").format(name))
    ending = sql.SQL("WITH (FORCE)" if force else "")
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} {}").format(name, ending))


def _prefixed(server: Server, name: str) -> str:
    """Return the name with the run's prefix.

    A name that PostgreSQL would cut off ends in a checksum instead.
    """
    if not _NAME.fullmatch(name):
        raise LaunchError(f"{name!r} is not a valid database name: use only a-z, 0-9, _ and -")
    prefixed = server.prefix + name
    if len(prefixed) <= _LONGEST_NAME:
        return prefixed
    return f"{prefixed[: _LONGEST_NAME - 9]}-{zlib.crc32(name.encode()):08x}"


@contextmanager
def _connection(url: str) -> Iterator[psycopg.Connection]:
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=5)
    except psycopg.Error as error:
        is_operational = isinstance(error, psycopg.OperationalError)
        reason = str(error).strip() if is_operational else "invalid URL"
        raise LaunchError(
            f"cannot connect to PostgreSQL at {redacted(url)}: {reason}."
            " Check that it is running and that DATABASE_URL is correct"
        ) from None
    with connection:
        yield connection
