"""The shop's data, before any database holds it: drawn from a seed, and made for searching."""

import re
from collections import Counter
from itertools import permutations

import pytest

from tests.service_modules import module_of

SEED = 7


@pytest.fixture(scope="module")
def build():
    with module_of("database", "build") as module:
        yield module


@pytest.fixture(scope="module")
def tables(build):
    return build.tables(SEED)


@pytest.fixture(scope="module")
def by_name(tables):
    """Rows of every table, as dictionaries."""
    return {
        table.name: [
            dict(zip(table.columns, line.split("\t"), strict=True))
            for line in table.text.splitlines()
        ]
        for table in tables
    }


@pytest.fixture
def few(build, monkeypatch):
    """A tenth of the rows of every table."""
    drawing = build.tables.__globals__
    for table in ("USERS", "ORDERS", "PRODUCTS", "REVIEWS", "SALES"):
        monkeypatch.setitem(drawing, table, drawing[table] // 10)


def words_of(module):
    """Every word that a product's name may hold."""
    nouns = [noun for nouns in module.words.NOUNS.values() for noun in nouns.split()]
    return [*nouns, *module.words.MATERIALS, *module.words.ADJECTIVES]


@pytest.fixture(scope="module")
def words(build):
    with module_of("database", "rows") as rows:
        return words_of(rows)


def test_a_seed_gives_the_same_rows_again_and_another_seed_others(build, few):
    rows = build._sha256(build.tables(SEED))
    assert build._sha256(build.tables(SEED)) == rows
    assert build._sha256(build.tables(SEED + 1)) != rows


def test_there_are_as_many_rows_as_said_numbered_from_1(tables, by_name):
    assert {table.name: table.rows for table in tables} == {
        "users": 10_000,
        "orders": 50_000,
        "categories": 20,
        "products": 50_000,
        "reviews": 100_000,
        "sales": 100_000,
    }
    for table in tables:
        ids = [int(row["id"]) for row in by_name[table.name]]
        assert ids == list(range(1, table.rows + 1))


@pytest.mark.parametrize(
    ("table", "column", "target"),
    [
        ("orders", "user_id", "users"),
        ("products", "category_id", "categories"),
        ("reviews", "product_id", "products"),
        ("sales", "product_id", "products"),
    ],
)
def test_every_reference_leads_to_a_row(by_name, table, column, target):
    assert {int(row[column]) for row in by_name[table]} <= set(range(1, len(by_name[target]) + 1))


def test_users_are_such_as_the_contract_would_take(by_name):
    users = by_name["users"]
    assert len({user["username"] for user in users}) == len(users)
    assert all(3 <= len(user["username"]) <= 50 for user in users)
    assert all(18 <= int(user["age"]) <= 120 for user in users)


def test_amounts_have_two_decimals_and_are_above_zero(by_name):
    columns = {"orders": "total", "products": "price", "sales": "amount"}
    for table, column in columns.items():
        amounts = {row[column] for row in by_name[table]}
        assert all(re.fullmatch(r"\d+\.\d\d", amount) for amount in amounts)
        assert min(map(float, amounts)) > 0


def test_no_word_of_a_name_is_a_part_of_another(words):
    assert len(set(words)) == len(words)
    assert [pair for pair in permutations(words, 2) if pair[0] in pair[1]] == []


def test_a_word_finds_the_products_that_it_names_and_no_others(by_name, words):
    names = [row["name"].lower() for row in by_name["products"]]
    whole = Counter(word for name in names for word in set(re.findall("[a-z]+", name)))
    text = "\n".join(names)
    found = {word: text.count(word) for word in words}
    assert found == {word: whole[word] for word in words}
    assert min(found.values()) > 0


def test_a_word_is_as_frequent_as_its_share_says(build, by_name):
    names = [row["name"].lower().split(",")[0].split() for row in by_name["products"]]
    counted = Counter(word for name in names for word in name)
    for word, share in build.word_shares().items():
        assert counted[word] == pytest.approx(share * len(names), abs=1)


def test_the_last_days_of_sales_are_the_same_whenever_it_is_built(by_name):
    days = sorted({row["date"] for row in by_name["sales"]})
    assert (len(days), days[-1]) == (60, "2026-01-31")
