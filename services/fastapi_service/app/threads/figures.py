"""Figures of the dashboard, from four sources."""

from typing import Any

from ..figures import as_response
from ..sizes import DAYS_OF_SALES
from .upstreams import Upstreams


def figures(shop: Any, upstreams: Upstreams) -> dict[str, Any]:
    """Return the figures, requested in turn; an upstream without a response is in `missing`."""
    return as_response(
        shop.count_users(),
        shop.sales_of_last_days(DAYS_OF_SALES),
        {"inventory": upstreams.stock(), "analytics": upstreams.metrics()},
    )
