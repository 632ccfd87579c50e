"""The catalogue."""

from ..catalog import catalog_page
from .openapi import Blueprint
from .schemas import CatalogQuery

blueprint = Blueprint("catalog", __name__, description="Pages for people")


@blueprint.get("/catalog")
@blueprint.arguments(CatalogQuery(), location="query")
@blueprint.response(200, {"type": "string"}, content_type="text/html")
@blueprint.alt_response(404, "NOT_FOUND")
def catalog(query):
    """Show a page of products"""
    return catalog_page(**query)
