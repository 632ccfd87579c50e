"""Several sources behind one request, each with a delay."""

from typing import Annotated

from fastapi import APIRouter, Query

from ...responses import INVALID
from ...schemas import Sources, SourcesQuery
from ..dependencies import UpstreamsDep

router = APIRouter(tags=["measuring"])


@router.get("/sources", responses=INVALID)
def sources(query: Annotated[SourcesQuery, Query()], upstreams: UpstreamsDep) -> Sources:
    """Get the values of the sources; a source that fails is null."""
    return Sources(sources=upstreams.sources(query.count, query.delay_ms))
