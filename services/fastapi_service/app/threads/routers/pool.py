"""How long requests have waited for a database connection."""

from fastapi import APIRouter

from ...schemas import PoolUse
from ..dependencies import ShopDep

router = APIRouter(tags=["measuring"])


@router.get("/pool")
def pool(shop: ShopDep) -> PoolUse:
    """Return the pool's counts since the process started; takes no connection."""
    return PoolUse.model_validate(shop.pool_use())
