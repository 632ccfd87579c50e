"""Scenarios by name: parameters check them, axes show them and the report explains them."""

SCENARIOS: dict[str, str] = {
    "ping": "a response without a database: the framework's floor",
    "user_detail": "one user with its orders by primary key",
    "crud": "70 % reads, 15 % creates, 10 % updates, 5 % deletes of users",
    "product_search": "a search by name, with categories and reviews",
    "dashboard": "two queries and two upstream services behind a bearer token",
    "catalog": "an HTML page of 20 products from a template",
    "validation": "creating users, half of the bodies invalid",
    "fan_out": "1 to 8 sources of 0 to 100 ms each behind one request, one request at a time",
}

OWNED = frozenset({"crud", "validation"})
"""Scenarios that leave users behind, with ids above those of the seeded data."""

ONE_AT_A_TIME = frozenset({"fan_out"})
"""Scenarios always measured with one closed user: under load, queueing would hide their effect."""
