"""Search: literally, whatever the case, twenty at most by id."""

import pytest

from tests.contract.judging import INVALID, is_json, is_money, is_timestamp, named, refused

ABOUT = ("framework", "data_access", "orm", "driver", "serialiser", "searches")
OF_OWN_CODE = ("framework", "data_access", "orm", "driver", "searches")

ODD = [
    "100%",
    "%",
    "_",
    "T_40",
    "\\",
    "S\\M",
    "%%",
    "\\%",
    "'",
    '"',
    "' OR 1=1 --",
    "$1",
    "{}",
    ";",
]
PLAIN = [
    "lamp",
    "LaMp",
    "LAMPS, no such",
    "a",
    " ",
    "  ",
    "l",
    "é",
    "李",
    "\N{PILE OF POO}",
    "+",
    "&",
]
NAMES = ["50% of_a\\lamp", "50 per cent of a lamp", "Ünïcode Straße", 'O\'Hara "quoted"', "Ω mega"]
BEYOND = 1_000_000  # the ids of all other products, alike in every stack
FINDS_ONE = {
    "50%": "50% of_a\\lamp",
    "OF_A": "50% of_a\\lamp",
    "a\\L": "50% of_a\\lamp",
    "% of_a\\lam": "50% of_a\\lamp",
    "O'hara": 'O\'Hara "quoted"',
    '"QUOTED"': 'O\'Hara "quoted"',
    "Straße": "Ünïcode Straße",
    "Ω": "Ω mega",
}


@pytest.fixture(scope="module")
def named_everywhere(stacks):
    """Products whose names hold what patterns and quotes trip over, while this module lasts."""
    insert = """
        INSERT INTO products (id, category_id, name, price)
        SELECT %s + number, 1, name, 5 FROM unnest(%s::text[]) WITH ORDINALITY AS _ (name, number)
        RETURNING name, id
    """
    yield {name: dict(each.rows(insert, BEYOND, NAMES)) for name, each in stacks.items()}
    for each in stacks.values():
        each.rows("DELETE FROM products WHERE name = ANY (%s)", NAMES)


@pytest.fixture
def named_products(stack, named_everywhere):
    """The ids of those products by name."""
    return named_everywhere[stack.name]


def found(client, text):
    answer = client.get("/products/search", params={"q": text})
    assert answer.status_code == 200, answer.text
    assert is_json(answer)
    return answer.json()


@pytest.fixture(scope="session")
def held():
    """The products that hold a text, by text, once some stack's database was asked."""
    return {}


@pytest.fixture
def holding(stack, named_products, held):
    """The oracle. All databases began as the same and got the same names."""

    def products(text):
        if text not in held:
            held[text] = products_holding(stack, text)
        return held[text]

    return products


def products_holding(stack, text):
    """position() knows no patterns."""
    query = """
        SELECT id, name, price::text, category_id FROM products
        WHERE position(lower(%s) IN lower(name)) > 0 ORDER BY id LIMIT 20
    """
    keys = ("id", "name", "price", "category_id")
    return [dict(zip(keys, row, strict=True)) for row in stack.rows(query, text)]


def test_products_are_those_that_hold_the_text_literally(client, holding):
    for text in ODD + PLAIN:
        assert found(client, text)["products"] == holding(text), text


def test_what_patterns_and_quotes_trip_over_finds_one_product(client, named_products):
    for text, name in FINDS_ONE.items():
        products = found(client, text)["products"]
        assert [(each["id"], each["name"]) for each in products] == [(named_products[name], name)]


def test_a_percent_sign_and_an_underscore_find_only_some(client, stack, holding):
    (everything,) = stack.rows("SELECT count(*) FROM products")[0]
    for text in ("100%", "_"):
        (literal,) = stack.rows(
            "SELECT count(*) FROM products WHERE position(%s IN name) > 0", text
        )[0]
        assert 0 < literal < everything
        assert found(client, text)["products"] == holding(text) != []


def test_case_does_not_matter(client):
    assert found(client, "LAMP") == found(client, "lamp")
    assert len(found(client, "lamp")["products"]) == 20


def test_every_category_and_the_latest_reviews_come_along(client, stack):
    answer = found(client, "no product is called so")
    assert answer["products"] == []
    categories = stack.rows("SELECT id, name FROM categories ORDER BY id")
    assert [(each["id"], each["name"]) for each in answer["categories"]] == categories
    assert len(categories) == 20
    reviews = stack.rows(
        "SELECT id, product_id, rating, text FROM reviews ORDER BY id DESC LIMIT 20"
    )
    keys = ("id", "product_id", "rating", "text")
    assert [tuple(each[key] for key in keys) for each in answer["reviews"]] == reviews
    assert all(is_timestamp(each["created_at"]) for each in answer["reviews"])


def test_prices_are_text_with_two_decimals(client):
    assert all(is_money(product["price"]) for product in found(client, "a")["products"])


def test_a_hundred_characters_are_searched_for(client):
    assert found(client, "ü" * 100)["products"] == []


def test_a_text_that_cannot_be_searched_for_is_refused_by_name(client):
    for query in ("", "?q=", "?q=" + "x" * 101, "?q=a%00b", "?Q=lamp"):
        answer = client.get(f"/products/search{query}")
        assert refused(answer, *INVALID)
        assert "q" in named(answer)
