"""What only a measurement asks for."""

from flask import Blueprint

from ..data import data_access
from ..upstreams import upstreams
from .checks import sources_query

blueprint = Blueprint("measuring", __name__)


@blueprint.get("/sources")
def sources():
    """Ask several sources, each of which takes its time; one that fails is null."""
    return {"sources": upstreams().sources(**sources_query())}


@blueprint.get("/pool")
def pool():
    """Tell how long requests have waited for a connection to the database."""
    return data_access().pool_use()
