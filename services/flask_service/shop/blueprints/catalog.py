"""The catalogue as a page of HTML."""

from flask import make_response, render_template
from flask_smorest import abort

from ..data import data_access
from ..data.access import INT4_MAX
from ..openapi import Blueprint
from ..schemas import CatalogQuery

PRODUCTS_PER_PAGE = 20

blueprint = Blueprint("catalog", __name__, description="Pages for people")


@blueprint.get("/catalog")
@blueprint.arguments(CatalogQuery(), location="query")
@blueprint.response(200, {"type": "string"}, content_type="text/html")
@blueprint.alt_response(404, "NOT_FOUND")
def catalog(query):
    """Show a page of products"""
    page = query["page"]
    # One row more than shown tells whether another page follows.
    products = _from_offset((page - 1) * PRODUCTS_PER_PAGE)
    if not products:
        abort(404, message="The catalogue has no such page.")
    shown = products[:PRODUCTS_PER_PAGE]
    follows = len(products) > len(shown)
    html = render_template("catalog.html", products=shown, page=page, follows=follows)
    return make_response(html)


def _from_offset(offset):
    return data_access().catalog(offset, PRODUCTS_PER_PAGE + 1) if offset <= INT4_MAX else []
