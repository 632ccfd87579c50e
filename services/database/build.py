"""Fill an empty database with the shop: DATABASE_URL=… ACCOUNT_PASSWORD=… python build.py --seed 7
With --describe it only says what such a database holds, and needs none.

Prints one JSON object: the seed, a hash of all rows but the password hashes, the number of rows of
each table, the accounts, and words to search for with how many products each of them finds (null
where only described).
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

# The least that OWASP recommends of Argon2id: 19 MiB, two passes, one lane.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

# The share of products that a word of each kind finds, about.
SEARCH_SHARES = {"common": 0.14, "middling": 0.01, "rare": 0.0002}
SEARCH_WORDS = 8  # of each kind


class BuildError(Exception):
    """The database cannot be filled."""


def main() -> None:
    """Build, then print what was built."""
    parser = argparse.ArgumentParser(description="Fill an empty database with the shop.")
    parser.add_argument("--seed", type=int, required=True, help="the same seed, the same rows")
    parser.add_argument("--describe", action="store_true", help="say what it holds, fill nothing")
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
    """Apply the schema and fill it; what was built. BuildError where something is there already."""
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
        raise BuildError(f"{name} is not set in the environment")
    return value


def _expect_empty(connection: psycopg.Connection) -> None:
    found = connection.execute(
        "SELECT string_agg(tablename, ', ') FROM pg_tables WHERE schemaname = 'public'"
    ).fetchone()
    if found and found[0]:
        raise BuildError(
            f"the database {connection.info.dbname} is not empty but has the tables {found[0]};"
            " name an empty one in DATABASE_URL"
        )


def _accounts(hashed: str) -> Table:
    """All have one password, hence one hash: a hundred would take seconds and hide nothing."""
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
    # FREEZE, since the table is of this transaction: no later read has to mark rows as visible.
    copy = sql.SQL("COPY {} ({}) FROM STDIN (FREEZE)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.columns))
    )
    with connection.cursor() as cursor, cursor.copy(copy) as lines:
        lines.write(table.text)
    connection.execute(
        "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", (table.name, table.rows)
    )


def _search_words() -> dict[str, list[str]]:
    """Per kind, the words whose share is nearest to it."""
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
    """Over every table's name, columns and rows, and the names of the accounts."""
    digest = hashlib.sha256()
    for table in filled:
        digest.update(f"{table.name}\t{table.columns}\n{table.text}".encode())
    digest.update("\n".join(account_names()).encode())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
