"""HTML pages."""

from pathlib import Path

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader

from .data import Record
from .page_headers import PAGE_HEADERS
from .sizes import PRODUCTS_PER_PAGE

templates = Jinja2Templates(
    env=Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        auto_reload=False,  # by default, each request checks on disk whether a template has changed
    )
)


def catalog_page(request: Request, page: int, products: list[Record]) -> HTMLResponse:
    """Return a page of the catalogue; `products` has one extra if another page follows."""
    if not products:
        raise HTTPException(404, "The catalogue has no such page")
    shown = products[:PRODUCTS_PER_PAGE]
    context = {"products": shown, "page": page, "follows": len(products) > len(shown)}
    return templates.TemplateResponse(request, "catalog.html", context, headers=PAGE_HEADERS)
