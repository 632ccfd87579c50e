"""Fill an empty database with the shop: DATABASE_URL=… ACCOUNT_PASSWORD=… python build.py --seed 7
With --describe, only describe the content; this needs no database.

Prints one JSON object: the seed, a hash of all rows except password hashes, the number of rows of
each table, the accounts, and search words with the number of products that each finds (null with
--describe).
"""

import argparse
import hashlib
import json
import math
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from argon2 import PasswordHasher
from psycopg import sql

from rows import Table, account_names, tables, word_shares

FOLDER = Path(__file__).parent

# OWASP's minimum for Argon2id: 19 MiB, two passes, one lane.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

# Approximate share of products that a word of each kind finds.
SEARCH_SHARES = {"common": 0.14, "middling": 0.01, "rare": 0.0002}
SEARCH_WORDS = 8  # of each kind


class BuildError(Exception):
    """The database cannot be filled."""


def main() -> None:
    """Build the database and print its description."""
    parser = argparse.ArgumentParser(description="Fill an empty database with the shop.")
    parser.add_argument("--seed", type=int, required=True, help="determines all rows")
    parser.add_argument("--describe", action="store_true", help="only describe the content")
    arguments = parser.parse_args()
    if arguments.describe:
        print(json.dumps(_described(arguments.seed, tables(arguments.seed))))
        return
    try:
        built = build(
            _required(os.environ, "DATABASE_URL"),
            _required(os.environ, "ACCOUNT_PASSWORD"),
            arguments.seed,
        )
    except (BuildError, psycopg.Error) as error:
        sys.exit(f"build.py: {error}")
    print(json.dumps(built))


def build(database_url: str, password: str, seed: int) -> dict[str, Any]:
    """Apply the schema and fill it; return the description. BuildError if it is not empty."""
    started_s = time.perf_counter()
    with psycopg.connect(database_url, autocommit=True) as connection:
        _expect_empty(connection)
        filled = tables(seed)
        _fill(connection, [*filled, _accounts(HASHER.hash(password))])
        connection.execute("VACUUM (ANALYZE)")
        found = {kind: _matches(connection, words) for kind, words in _search_words().items()}
    return _described(seed, filled) | {
        "search_words": found,
        "seconds": round(time.perf_counter() - started_s, 3),
    }


def _described(seed: int, filled: list[Table]) -> dict[str, Any]:
    return {
        "seed": seed,
        "sha256": _sha256(filled),
        "rows": {table.name: table.rows for table in filled} | {"accounts": len(account_names())},
        "accounts": account_names(),
        "search_words": {kind: dict.fromkeys(words) for kind, words in _search_words().items()},
    }


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise BuildError(f"the environment variable {name} is not set: set it")
    return value


def _expect_empty(connection: psycopg.Connection) -> None:
    found = connection.execute(
        "SELECT string_agg(tablename, ', ') FROM pg_tables WHERE schemaname = 'public'"
    ).fetchone()
    if found and found[0]:
        raise BuildError(
            f"the database {connection.info.dbname} is not empty, it has the tables {found[0]}: set"
            " DATABASE_URL to an empty one"
        )


def _accounts(hashed: str) -> Table:
    """All accounts have one password and one hash: a hundred hashes would take seconds."""
    lines = [
        f"{number}\t{name}\t{hashed}\t{number == 1}\n"
        for number, name in enumerate(account_names(), start=1)
    ]
    columns = ("id", "username", "password_hash", "is_staff")
    return Table("accounts", columns, len(lines), "".join(lines))


def _fill(connection: psycopg.Connection, filled: list[Table]) -> None:
    with connection.transaction():
        connection.execute(FOLDER.joinpath("schema.sql").read_bytes())
        for table in filled:
            _copy(connection, table)
        connection.execute(FOLDER.joinpath("keys.sql").read_bytes())


def _copy(connection: psycopg.Connection, table: Table) -> None:
    # FREEZE is allowed in the table's own transaction: later reads need not mark rows as visible.
    copy = sql.SQL("COPY {} ({}) FROM STDIN (FREEZE)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.columns))
    )
    with connection.cursor() as cursor, cursor.copy(copy) as lines:
        lines.write(table.text)
    connection.execute(
        "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", (table.name, table.rows)
    )


def _search_words() -> dict[str, list[str]]:
    """Return, for each kind, the words whose share is closest to that kind's."""
    shares = word_shares()
    return {
        kind: sorted(shares, key=lambda word: abs(math.log(shares[word] / wanted)))[:SEARCH_WORDS]
        for kind, wanted in SEARCH_SHARES.items()
    }


def _matches(connection: psycopg.Connection, words: list[str]) -> dict[str, int]:
    count = "SELECT word, (SELECT count(*) FROM products WHERE name ILIKE '%%' || word || '%%')"
    found = connection.execute(f"{count} FROM unnest(%s::text[]) AS word ORDER BY 2 DESC", [words])
    return dict(found.fetchall())


def _sha256(filled: list[Table]) -> str:
    """Hash the name, columns and rows of every table, and the names of the accounts."""
    digest = hashlib.sha256()
    for table in filled:
        digest.update(f"{table.name}\t{table.columns}\n{table.text}".encode())
    digest.update("\n".join(account_names()).encode())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
