"""Figures of the dashboard, from four sources."""

from typing import Any

from .data import Shop
from .sizes import DAYS_OF_SALES
from .upstreams import Upstreams


async def figures(shop: Shop, upstreams: Upstreams) -> dict[str, Any]:
    """Return the figures; an upstream without a response is in `missing`."""
    users, sales, inventory, analytics = await upstreams.ask_all(
        shop.count_users(),
        shop.sales_of_last_days(DAYS_OF_SALES),
        upstreams.stock(),
        upstreams.metrics(),
    )
    return as_response(users, sales, {"inventory": inventory, "analytics": analytics})


def as_response(users: int, sales: list[Any], by_upstream: dict[str, Any | None]) -> dict[str, Any]:
    """Return the figures by their names; `by_upstream` holds what each upstream returned."""
    missing = [name for name, response in by_upstream.items() if response is None]
    return {"users": users, "sales": sales, **by_upstream, "missing": missing}
