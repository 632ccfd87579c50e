"""Search for products."""

from typing import Annotated

from fastapi import APIRouter, Query

from ..dependencies import ShopDep
from ..responses import INVALID
from ..schemas import Found, SearchText
from ..sizes import PRODUCTS_FOUND

router = APIRouter(prefix="/products", tags=["products"], responses=INVALID)


@router.get("/search")
async def search(q: Annotated[SearchText, Query()], shop: ShopDep) -> Found:
    """Find products by a part of their name, with all categories and the latest reviews."""
    return Found.model_validate(await shop.search(q, PRODUCTS_FOUND))
