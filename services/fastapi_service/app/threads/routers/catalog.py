"""The catalogue as an HTML page."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from ...data import INT4_MAX
from ...pages import catalog_page
from ...responses import OF_PAGE
from ...schemas import PageNumber
from ...sizes import PRODUCTS_PER_PAGE
from ..dependencies import ShopDep

router = APIRouter(tags=["catalog"])


@router.get("/catalog", response_class=HTMLResponse, responses=OF_PAGE)
def catalog(
    request: Request, shop: ShopDep, page: Annotated[PageNumber, Query()] = 1
) -> HTMLResponse:
    """Show a page of products."""
    offset = (page - 1) * PRODUCTS_PER_PAGE
    # One extra row shows whether another page follows.
    products = shop.catalog(offset, PRODUCTS_PER_PAGE + 1) if offset <= INT4_MAX else []
    return catalog_page(request, page, products)
