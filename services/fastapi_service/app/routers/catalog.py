"""The catalogue as a page of HTML."""

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader
from pydantic import BaseModel

from ..data import INT4_MAX
from ..dependencies import ShopDep
from ..schemas import Invalid, PageNumber, Refusal

PRODUCTS_PER_PAGE = 20

router = APIRouter(tags=["catalog"])
templates = Jinja2Templates(
    env=Environment(
        loader=FileSystemLoader(Path(__file__).parent.parent / "templates"),
        autoescape=True,
        auto_reload=False,  # by default each request asks the disk whether a template has changed
    )
)


def _as_json(model: type[BaseModel]) -> dict[str, Any]:
    """How a refusal is documented: by itself FastAPI would say that it is HTML, like the page."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"content": {"application/json": {"schema": schema}}}


@router.get(
    "/catalog",
    response_class=HTMLResponse,
    responses={404: _as_json(Refusal), 422: _as_json(Invalid)},
)
async def catalog(
    request: Request, shop: ShopDep, page: Annotated[PageNumber, Query()] = 1
) -> HTMLResponse:
    """Show a page of products."""
    offset = (page - 1) * PRODUCTS_PER_PAGE
    # One row more than shown tells whether another page follows.
    products = await shop.catalog(offset, PRODUCTS_PER_PAGE + 1) if offset <= INT4_MAX else []
    if not products:
        raise HTTPException(404, "The catalogue has no such page")
    shown = products[:PRODUCTS_PER_PAGE]
    context = {"products": shown, "page": page, "follows": len(products) > len(shown)}
    return templates.TemplateResponse(request, "catalog.html", context)
