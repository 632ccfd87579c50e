"""What only a measurement asks for."""

from ..data import data_access
from ..upstreams import upstreams
from .openapi import Blueprint
from .schemas import PoolAnswer, SourcesAnswer, SourcesQuery

blueprint = Blueprint("measuring", __name__, description="For measurements")


@blueprint.get("/sources")
@blueprint.arguments(SourcesQuery(), location="query")
@blueprint.response(200, SourcesAnswer)
def sources(query):
    """Ask several sources, each of which takes its time; one that fails is null"""
    return {"sources": upstreams().sources(**query)}


@blueprint.get("/pool")
@blueprint.response(200, PoolAnswer)
def pool():
    """Tell how long requests have waited for a connection to the database"""
    return data_access().pool_use()
