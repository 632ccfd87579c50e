"""Search among the products."""

from ..data import data_access
from .openapi import Blueprint
from .schemas import SearchAnswer, SearchQuery

RESULTS = 20

blueprint = Blueprint("products", __name__, url_prefix="/products", description="Products")


@blueprint.get("/search")
@blueprint.arguments(SearchQuery(), location="query")
@blueprint.response(200, SearchAnswer)
def search(query):
    """Find products by a part of their name; categories and latest reviews come along"""
    return data_access().search(query["q"], RESULTS)
