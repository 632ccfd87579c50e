"""Figures of the dashboard, from four sources."""

from typing import Any

from .data import data_access
from .upstreams import upstreams

DAYS = 7


def stats() -> dict[str, Any]:
    """Return users, sales by day, and each upstream's response: None if it is `missing`."""
    users = data_access().count_users()
    sales = data_access().sales_of_last_days(DAYS)
    answers = upstreams().of_dashboard()
    missing = [name for name, answer in answers.items() if answer is None]
    return {"users": users, "sales": sales, **answers, "missing": missing}
