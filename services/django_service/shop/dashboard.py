"""The dashboard: two questions to the database, two to other services."""

from collections.abc import Iterable
from typing import Any

from shop.upstreams.questions import DASHBOARD


def stats(users: int, sales: list[dict[str, Any]], answers: Iterable[Any]) -> dict[str, Any]:
    """Users, the last week's sales, and what the upstreams say to the questions of DASHBOARD.

    Under `missing` stand the names of those without an answer.
    """
    told = {each.upstream: answer for each, answer in zip(DASHBOARD, answers, strict=True)}
    missing = [name for name, answer in told.items() if answer is None]
    return {"users": users, "sales": sales, **told, "missing": missing}
