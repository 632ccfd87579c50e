"""Search for products."""

from ..data import data_access
from .openapi import Blueprint
from .schemas import SearchAnswer, SearchQuery

RESULTS = 20

blueprint = Blueprint("products", __name__, url_prefix="/products", description="Products")


@blueprint.get("/search")
@blueprint.arguments(SearchQuery(), location="query")
@blueprint.response(200, SearchAnswer)
def search(query):
    """Find products by a part of their name, with all categories and the latest reviews"""
    return data_access().search(query["q"], RESULTS)
