"""Search among the products."""

from typing import Annotated

from fastapi import APIRouter, Query

from ..dependencies import ShopDep
from ..schemas import Found, Invalid, SearchText

RESULTS = 20

router = APIRouter(prefix="/products", tags=["products"], responses={422: {"model": Invalid}})


@router.get("/search")
async def search(q: Annotated[SearchText, Query()], shop: ShopDep) -> Found:
    """Find products by a part of their name; categories and the latest reviews come along."""
    return Found.model_validate(await shop.search(q, RESULTS))
