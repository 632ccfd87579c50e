"""The catalogue as an HTML page."""

from flask import Response, abort, make_response, render_template

from .data import data_access
from .data.access import INT4_MAX, Record
from .page_headers import add_page_headers

PRODUCTS_PER_PAGE = 20


def catalog_page(page: int) -> Response:
    """Return the page with its products; 404 past the end."""
    # One extra row shows whether another page follows.
    products = _from_offset((page - 1) * PRODUCTS_PER_PAGE)
    if not products:
        abort(404, "The catalogue has no such page.")
    shown = products[:PRODUCTS_PER_PAGE]
    follows = len(products) > len(shown)
    page_shown = render_template("catalog.html", products=shown, page=page, follows=follows)
    return add_page_headers(make_response(page_shown))


def _from_offset(offset: int) -> list[Record]:
    return data_access().catalog(offset, PRODUCTS_PER_PAGE + 1) if offset <= INT4_MAX else []
