"""The rows of the shop, drawn from a seed.

A table is text for COPY: a line per row, tabs between columns, ids from 1. Nothing depends on the
current date.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

import words

USERS, ACCOUNTS, ORDERS, PRODUCTS, REVIEWS, SALES = 10_000, 100, 50_000, 50_000, 100_000, 100_000
LAST_DAY = np.datetime64("2026-01-31")
SALES_DAYS, ORDERS_DAYS, REVIEWS_DAYS = 60, 365, 730
ODD_NAMES = 40  # products per suffix with special characters of patterns

Words = NDArray[np.str_]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Table:
    """Text for COPY into the table `name`."""

    name: str
    columns: tuple[str, ...]
    rows: int
    text: str


def account_names() -> list[str]:
    """Return account001, account002, …"""
    return [f"account{number:03d}" for number in range(1, ACCOUNTS + 1)]


def tables(seed: int) -> list[Table]:
    """Return every table except accounts, referenced tables before those that refer to them."""
    random = np.random.default_rng(seed)
    prices_cents = np.clip(random.lognormal(7.8, 0.8, PRODUCTS), 99, 500_000).astype(np.int64)
    return [
        _users(random),
        _orders(random),
        _categories(),
        _products(random, prices_cents),
        _reviews(random),
        _sales(random, prices_cents),
    ]


def word_shares() -> dict[str, float]:
    """Return the share of products whose name contains a word, by word."""
    nouns = [noun for noun, _ in _nouns_by_rank()]
    kinds: tuple[list[str], ...] = (nouns, words.MATERIALS, words.ADJECTIVES)
    return {
        word: float(share)
        for kind in kinds
        for word, share in zip(kind, _shares(len(kind)), strict=True)
    }


def _users(random: Generator) -> Table:
    first = random.choice(words.FIRST_NAMES, USERS)
    last = random.choice(words.LAST_NAMES, USERS)
    names = [f"{f}.{s}{n}" for n, (f, s) in enumerate(zip(first, last, strict=True), start=1)]
    emails = [f"{name}@example.com" for name in names]
    ages = np.clip(random.normal(41, 14, USERS), 18, 120).astype(np.int64)
    return _table("users", username=names, email=emails, age=ages)


def _orders(random: Generator) -> Table:
    statuses = random.choice(list(words.STATUSES), ORDERS, p=list(words.STATUSES.values()))
    totals_cents = np.clip(random.lognormal(8.3, 0.9, ORDERS), 199, 2_000_000).astype(np.int64)
    return _table(
        "orders",
        user_id=random.integers(1, USERS + 1, ORDERS),
        status=statuses,
        total=_money(totals_cents),
        created_at=_moments(random, ORDERS, ORDERS_DAYS),
    )


def _categories() -> Table:
    return _table("categories", name=list(words.NOUNS))


def _products(random: Generator, prices_cents: Numbers) -> Table:
    nouns = _nouns_by_rank()
    ranks = _draw(random, len(nouns))
    categories = np.array([category for _, category in nouns])[ranks]
    names = [
        f"{adjective} {material} {noun}".capitalize()
        for adjective, material, noun in zip(
            np.array(words.ADJECTIVES)[_draw(random, len(words.ADJECTIVES))],
            np.array(words.MATERIALS)[_draw(random, len(words.MATERIALS))],
            np.array([noun for noun, _ in nouns])[ranks],
            strict=True,
        )
    ]
    odd = random.choice(PRODUCTS, (len(words.SUFFIXES), ODD_NAMES), replace=False)
    for suffix, numbers in zip(words.SUFFIXES, odd, strict=True):
        for number in numbers:
            names[number] += suffix
    return _table("products", category_id=categories, name=names, price=_money(prices_cents))


def _reviews(random: Generator) -> Table:
    ratings = random.choice([1, 2, 3, 4, 5], REVIEWS, p=[0.07, 0.08, 0.15, 0.30, 0.40])
    openings = random.integers(0, 12, REVIEWS)  # 12 is a multiple of 3 and 4, their numbers
    middles = random.choice(words.MIDDLES, REVIEWS)
    endings = random.choice(words.ENDINGS, REVIEWS)
    parts = zip(ratings, openings, middles, endings, strict=True)
    texts = [
        f"{words.OPENINGS[r - 1][o % len(words.OPENINGS[r - 1])]} {m} {e}" for r, o, m, e in parts
    ]
    return _table(
        "reviews",
        product_id=random.integers(1, PRODUCTS + 1, REVIEWS),
        rating=ratings,
        text=texts,
        created_at=_moments(random, REVIEWS, REVIEWS_DAYS),
    )


def _sales(random: Generator, prices_cents: Numbers) -> Table:
    products = random.integers(1, PRODUCTS + 1, SALES)
    quantities = random.geometric(0.6, SALES)
    ages_days = np.sort(random.integers(0, SALES_DAYS, SALES))[::-1]
    return _table(
        "sales",
        product_id=products,
        date=LAST_DAY - ages_days,
        quantity=quantities,
        amount=_money(quantities * prices_cents[products - 1]),
    )


def _nouns_by_rank() -> list[tuple[str, int]]:
    """Return nouns with their category's id, most frequent first.

    Each category's first noun comes first, then each one's second, …
    """
    columns = [nouns.split() for nouns in words.NOUNS.values()]
    return [(noun, n) for rank in zip(*columns, strict=True) for n, noun in enumerate(rank, 1)]


def _shares(count: int) -> NDArray[np.float64]:
    """Return the frequencies of `count` words, highest first, by the Zipf-Mandelbrot law.

    Of 160 nouns, the first is in 18 % of the names, the 20th in 0.8 %, the last in 0.02 %.
    """
    weights = (np.arange(count) + 5.0) ** -2
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares


def _draw(random: Generator, count: int) -> Numbers:
    """Return a word's rank per product, in random order.

    Each rank occurs exactly in proportion to its share: with any seed, rare words occur.
    """
    edges = np.rint(np.cumsum(_shares(count)) * PRODUCTS).astype(np.int64)
    return random.permutation(np.repeat(np.arange(count), np.diff(edges, prepend=0)))


def _moments(random: Generator, count: int, days: int) -> list[str]:
    """Return times in the last `days` days, oldest first, in UTC."""
    end = (LAST_DAY + np.timedelta64(1, "D")).astype("datetime64[s]")
    ages_s = np.sort(random.integers(1, days * 86_400, count))[::-1]
    return [f"{moment}Z" for moment in np.datetime_as_string(end - ages_s)]


def _money(cents: Numbers) -> list[str]:
    return [f"{value // 100}.{value % 100:02d}" for value in cents.tolist()]


def _table(name: str, /, **columns: Iterable[object]) -> Table:
    lines = ["\t".join(map(str, row)) for row in zip(*columns.values(), strict=True)]
    numbered = "".join(f"{number}\t{line}\n" for number, line in enumerate(lines, start=1))
    # A backslash is COPY's escape character.
    return Table(name, ("id", *columns), len(lines), numbered.replace("\\", "\\\\"))
