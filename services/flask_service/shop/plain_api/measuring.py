"""Routes for measurements only."""

from flask import Blueprint

from ..data import data_access
from ..upstreams import upstreams
from .checks import sources_query

blueprint = Blueprint("measuring", __name__)


@blueprint.get("/sources")
def sources():
    """Get the values of several sources, each with a delay; a source that fails is null."""
    return {"sources": upstreams().sources(**sources_query())}


@blueprint.get("/pool")
def pool():
    """Return how long requests have waited for a database connection."""
    return data_access().pool_use()
