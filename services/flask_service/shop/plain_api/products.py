"""Search for products."""

from flask import Blueprint

from ..data import data_access
from .checks import search_query
from .serialising import CATEGORY, PRODUCT, REVIEW, dictionaries

RESULTS = 20

blueprint = Blueprint("products", __name__, url_prefix="/products")


@blueprint.get("/search")
def search():
    """Find products by a part of their name, with all categories and the latest reviews."""
    found = data_access().search(search_query(), RESULTS)
    return {
        "products": dictionaries(found["products"], PRODUCT),
        "categories": dictionaries(found["categories"], CATEGORY),
        "reviews": dictionaries(found["reviews"], REVIEW),
    }
