"""Figures for who runs the shop, from four sources."""

import asyncio

from fastapi import APIRouter, Depends

from ..dependencies import ShopDep, UpstreamsDep
from ..schemas import Refusal, Stats
from ..security import get_current_account

DAYS = 7

router = APIRouter(
    prefix="/dashboard",
    tags=["dashboard"],
    dependencies=[Depends(get_current_account)],
    responses={401: {"model": Refusal}},
)


@router.get("/stats")
async def stats(shop: ShopDep, upstreams: UpstreamsDep) -> Stats:
    """Ask the four sources at once; one that fails is null and named in `missing`."""
    users, sales, inventory, analytics = await asyncio.gather(
        shop.count_users(),
        shop.sales_of_last_days(DAYS),
        upstreams.stock(),
        upstreams.metrics(),
    )
    asked = {"inventory": inventory, "analytics": analytics}
    missing = [name for name, answer in asked.items() if answer is None]
    return Stats(users=users, sales=sales, **asked, missing=missing)
