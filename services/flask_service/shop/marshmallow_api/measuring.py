"""Routes for measurements only."""

from ..data import data_access
from ..upstreams import upstreams
from .openapi import Blueprint
from .schemas import PoolAnswer, SourcesAnswer, SourcesQuery

blueprint = Blueprint("measuring", __name__, description="For measurements")


@blueprint.get("/sources")
@blueprint.arguments(SourcesQuery(), location="query")
@blueprint.response(200, SourcesAnswer)
def sources(query):
    """Get the values of several sources, each with a delay; a source that fails is null"""
    return {"sources": upstreams().sources(**query)}


@blueprint.get("/pool")
@blueprint.response(200, PoolAnswer)
def pool():
    """Return how long requests have waited for a database connection"""
    return data_access().pool_use()
