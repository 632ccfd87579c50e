"""Figures for who runs the shop, from four sources."""

from typing import Any

from ..figures import as_answered
from ..sizes import DAYS_OF_SALES
from .upstreams import Upstreams


def figures(shop: Any, upstreams: Upstreams) -> dict[str, Any]:
    """What the four say, in turn; an upstream that says nothing is named in `missing`."""
    return as_answered(
        shop.count_users(),
        shop.sales_of_last_days(DAYS_OF_SALES),
        {"inventory": upstreams.stock(), "analytics": upstreams.metrics()},
    )
