"""The dashboard: two questions to the database, two to other services."""

from typing import Any

from shop import queries, upstreams


def stats() -> dict[str, Any]:
    """Users, the last week's sales, and what the upstreams say."""
    database = {"users": queries.count_users(), "sales": list(queries.last_days_sales())}
    return database | upstreams.ask_all()
