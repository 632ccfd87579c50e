"""The catalogue."""

from flask import Blueprint

from ..catalog import catalog_page
from .checks import catalog_query

blueprint = Blueprint("catalog", __name__)


@blueprint.get("/catalog")
def catalog():
    """Show a page of products."""
    return catalog_page(catalog_query())
