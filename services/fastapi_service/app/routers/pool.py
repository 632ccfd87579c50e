"""How long requests have waited for a database connection."""

from fastapi import APIRouter

from ..dependencies import ShopDep
from ..schemas import PoolUse

router = APIRouter(tags=["measuring"])


@router.get("/pool")
async def pool(shop: ShopDep) -> PoolUse:
    """Return the pool's counts since the process started; takes no connection."""
    return PoolUse.model_validate(shop.pool_use())
