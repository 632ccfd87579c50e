"""Fill an empty PostgreSQL database with the shop that all services serve.

    DATABASE_URL=postgresql://… ACCOUNT_PASSWORD=… python build.py --seed 7

Every row is drawn from the seed, so equal seeds give equal data (`sha256`), but for the salts of
the passwords. Prints one JSON object that says what is there: rows, accounts, search words.
"""

import argparse
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from argon2 import PasswordHasher

import words

USERS = 10_000
ACCOUNTS = 100
ORDERS = 50_000
PRODUCTS = 50_000
REVIEWS = 100_000
SALES = 100_000

LAST_DAY = date(2026, 6, 30)  # fixed: data must not depend on the day it is made
DAYS_OF_SALES = 60
STATUSES = ("pending", "paid", "shipped", "delivered", "returned")

# OWASP's minimum for Argon2id (Password Storage Cheat Sheet): 19 MiB, 2 passes, 1 lane.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

Row = tuple[Any, ...]


def users(random: np.random.Generator) -> Iterator[Row]:
    """id, username, email, age"""
    ages = random.integers(18, 91, USERS).tolist()
    for number, age in enumerate(ages, 1):
        name = f"{words.FIRST_NAMES[number % len(words.FIRST_NAMES)]}{number:05d}"
        yield number, name, f"{name}@example.com", age


def orders(random: np.random.Generator) -> Iterator[Row]:
    """id, user_id, status, total, created_at"""
    owners = random.integers(1, USERS + 1, ORDERS).tolist()
    statuses = random.choice(STATUSES, ORDERS).tolist()
    totals = random.integers(500, 50_000, ORDERS).tolist()
    for number, row in enumerate(zip(owners, statuses, totals, strict=True), 1):
        owner, status, total = row
        yield number, owner, status, _money(total), _instant(number, ORDERS, days=365)


def categories() -> Iterator[Row]:
    """id, name"""
    yield from enumerate(words.CATEGORIES, 1)


def products(random: np.random.Generator) -> Iterator[Row]:
    """id, category_id, name, price"""
    nouns = _nouns(random)
    adjectives = random.choice(words.ADJECTIVES, PRODUCTS).tolist()
    materials = random.choice(words.MATERIALS, PRODUCTS).tolist()
    kinds = random.integers(1, len(words.CATEGORIES) + 1, PRODUCTS).tolist()
    prices = random.integers(199, 99_999, PRODUCTS).tolist()
    for number in range(1, PRODUCTS + 1):
        at = number - 1
        name = f"{adjectives[at]} {materials[at]} {nouns[at]}{_suffix(number)}"
        yield number, kinds[at], name, _money(prices[at])


def reviews(random: np.random.Generator) -> Iterator[Row]:
    """id, product_id, rating, text, created_at"""
    about = random.integers(1, PRODUCTS + 1, REVIEWS).tolist()
    ratings = random.integers(1, 6, REVIEWS).tolist()
    verdicts = random.choice(words.VERDICTS, REVIEWS).tolist()
    reasons = random.choice(words.REASONS, REVIEWS).tolist()
    for number in range(1, REVIEWS + 1):
        at = number - 1
        text = f"{verdicts[at]}: {reasons[at]}."
        yield number, about[at], ratings[at], text, _instant(number, REVIEWS, days=365)


def sales(random: np.random.Generator) -> Iterator[Row]:
    """id, product_id, date, quantity, amount"""
    sold = random.integers(1, PRODUCTS + 1, SALES).tolist()
    ages = np.sort(random.integers(0, DAYS_OF_SALES, SALES))[::-1].tolist()
    quantities = random.integers(1, 6, SALES).tolist()
    amounts = random.integers(199, 99_999, SALES).tolist()
    for number in range(1, SALES + 1):
        at = number - 1
        day = LAST_DAY - timedelta(days=ages[at])
        yield number, sold[at], day.isoformat(), quantities[at], _money(amounts[at])


def accounts(password: str) -> list[Row]:
    """id, username, password_hash, is_staff; the first account is staff"""
    with ThreadPoolExecutor() as pool:  # Argon2 releases the interpreter's lock
        hashes = list(pool.map(HASHER.hash, [password] * ACCOUNTS))
    return [
        (number, f"account{number:03d}", hashed, number == 1)
        for number, hashed in enumerate(hashes, 1)
    ]


def _nouns(random: np.random.Generator) -> list[str]:
    """Shuffled, each as often as `words` says."""
    often = {word: n * PRODUCTS // 10_000 for word, n in (words.COMMON | words.MIDDLING).items()}
    often |= dict.fromkeys(words.RARE, words.RARE_PRODUCTS_EACH)
    nouns = [word for word, n in often.items() for _ in range(n)]
    nouns += random.choice(words.ORDINARY, PRODUCTS - len(nouns)).tolist()
    return [nouns[at] for at in random.permutation(PRODUCTS)]


def _suffix(number: int) -> str:
    """A few names hold what a careless search would take for wildcards."""
    if number % 5_000 == 17:
        return " 100% recycled"
    return f" no_{number}" if number % 5_000 == 42 else ""


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _instant(number: int, of: int, days: int) -> str:
    """Growing with the number, to the second, ending with the last day."""
    ends = datetime(LAST_DAY.year, LAST_DAY.month, LAST_DAY.day, 23, 59, 59, tzinfo=UTC)
    seconds = int((of - number) / of * days * 86_400)
    return (ends - timedelta(seconds=seconds)).isoformat()


COLUMNS = {
    "users": "id, username, email, age",
    "orders": "id, user_id, status, total, created_at",
    "categories": "id, name",
    "products": "id, category_id, name, price",
    "reviews": "id, product_id, rating, text, created_at",
    "sales": "id, product_id, date, quantity, amount",
    "accounts": "id, username, password_hash, is_staff",
}


def tables(seed: int) -> dict[str, Iterable[Row]]:
    """All rows that are drawn from the seed, by table, referenced tables first."""
    streams = [np.random.default_rng(each) for each in np.random.SeedSequence(seed).spawn(5)]
    return {
        "users": users(streams[0]),
        "orders": orders(streams[1]),
        "categories": categories(),
        "products": products(streams[2]),
        "reviews": reviews(streams[3]),
        "sales": sales(streams[4]),
    }


def fill(connection: psycopg.Connection[Any], seed: int, password: str) -> dict[str, Any]:
    """Copy everything in; how many rows each table has, and the hash of what was drawn."""
    digest, rows = hashlib.sha256(), {}
    for table, drawn in tables(seed).items():
        text = "".join("\t".join(map(str, row)) + "\n" for row in drawn)
        digest.update(text.encode())
        rows[table] = _copy(connection, table, text)
    protected = "".join("\t".join(map(str, row)) + "\n" for row in accounts(password))
    rows["accounts"] = _copy(connection, "accounts", protected)
    return {"sha256": digest.hexdigest(), "rows": rows}


def _copy(connection: psycopg.Connection[Any], table: str, text: str) -> int:
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY {table} ({COLUMNS[table]}) FROM STDIN") as copy:
            copy.write(text)
        copied = cursor.rowcount
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {copied})")
    return copied


def search_words(connection: psycopg.Connection[Any]) -> dict[str, dict[str, int]]:
    """How many products each word finds, by kind of word."""
    kinds = {"common": words.COMMON, "middling": words.MIDDLING, "rare": words.RARE}
    return {
        kind: {word.lower(): _matches(connection, word) for word in found}
        for kind, found in kinds.items()
    }


def _matches(connection: psycopg.Connection[Any], word: str) -> int:
    row = connection.execute(
        "SELECT count(*) FROM products WHERE name ILIKE %s", [f"%{word}%"]
    ).fetchone()
    return int(row[0]) if row else 0


def build(url: str, seed: int, password: str) -> dict[str, Any]:
    """Make schema and data; what the command prints."""
    began = time.perf_counter()
    schema = Path(__file__).with_name("schema.sql").read_text()
    with psycopg.connect(url, autocommit=True) as connection:
        with connection.transaction():
            connection.execute(schema.encode())
            filled = fill(connection, seed, password)
        connection.execute("VACUUM (ANALYZE)")
        found = search_words(connection)
    names = [f"account{number:03d}" for number in range(1, ACCOUNTS + 1)]
    seconds = round(time.perf_counter() - began, 2)
    return {"seed": seed, **filled, "accounts": names, "search_words": found, "seconds": seconds}


def main() -> None:
    """Read the command line and the environment, build, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, required=True)
    seed = parser.parse_args().seed
    try:
        url, password = os.environ["DATABASE_URL"], os.environ["ACCOUNT_PASSWORD"]
    except KeyError as missing:
        sys.exit(f"build.py: set {missing.args[0]} in the environment")
    print(json.dumps(build(url, seed, password)))


if __name__ == "__main__":
    main()
