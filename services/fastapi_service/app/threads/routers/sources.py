"""Several sources behind one request, each of which takes its time."""

from typing import Annotated

from fastapi import APIRouter, Query

from ...responses import INVALID
from ...schemas import Sources, SourcesQuery
from ..dependencies import UpstreamsDep

router = APIRouter(tags=["measuring"])


@router.get("/sources", responses=INVALID)
def sources(query: Annotated[SourcesQuery, Query()], upstreams: UpstreamsDep) -> Sources:
    """Ask the sources; one that fails is null in its place."""
    return Sources(sources=upstreams.sources(query.count, query.delay_ms))
