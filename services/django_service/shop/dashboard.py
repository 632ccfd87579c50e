"""The dashboard: two database queries and two requests to other services."""

from collections.abc import Iterable
from typing import Any

from shop.upstreams.questions import DASHBOARD


def stats(users: int, sales: list[dict[str, Any]], values: Iterable[Any]) -> dict[str, Any]:
    """Return users, the last week's sales, and the upstreams' responses to DASHBOARD.

    `missing` lists the upstreams without a response.
    """
    responses = {each.upstream: response for each, response in zip(DASHBOARD, values, strict=True)}
    missing = [name for name, response in responses.items() if response is None]
    return {"users": users, "sales": sales, **responses, "missing": missing}
