"""Figures for who runs the shop, from four sources."""

from typing import Any

from .data import Shop
from .sizes import DAYS_OF_SALES
from .upstreams import Upstreams


async def figures(shop: Shop, upstreams: Upstreams) -> dict[str, Any]:
    """What the four say; an upstream that says nothing is named in `missing`."""
    users, sales, inventory, analytics = await upstreams.ask_all(
        shop.count_users(),
        shop.sales_of_last_days(DAYS_OF_SALES),
        upstreams.stock(),
        upstreams.metrics(),
    )
    return as_answered(users, sales, {"inventory": inventory, "analytics": analytics})


def as_answered(users: int, sales: list[Any], asked: dict[str, Any | None]) -> dict[str, Any]:
    """The figures by their names in the answer; `asked` is what each upstream said."""
    missing = [name for name, answer in asked.items() if answer is None]
    return {"users": users, "sales": sales, **asked, "missing": missing}
