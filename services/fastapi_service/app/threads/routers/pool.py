"""How long requests have waited for a connection to the database."""

from fastapi import APIRouter

from ...schemas import PoolUse
from ..dependencies import ShopDep

router = APIRouter(tags=["measuring"])


@router.get("/pool")
def pool(shop: ShopDep) -> PoolUse:
    """Tell what the pool has counted since the process started; takes no connection."""
    return PoolUse.model_validate(shop.pool_use())
