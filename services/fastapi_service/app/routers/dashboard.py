"""Figures of the dashboard."""

from fastapi import APIRouter, Depends

from ..dependencies import ShopDep, UpstreamsDep
from ..figures import figures
from ..responses import UNAUTHORIZED
from ..schemas import Stats
from ..security import get_current_account

router = APIRouter(
    prefix="/dashboard",
    tags=["dashboard"],
    dependencies=[Depends(get_current_account)],
    responses=UNAUTHORIZED,
)


@router.get("/stats")
async def stats(shop: ShopDep, upstreams: UpstreamsDep) -> Stats:
    """Get figures from four sources; an upstream that fails is null and named in `missing`."""
    return Stats.model_validate(await figures(shop, upstreams))
