"""Whether the service answers at all."""

from fastapi import APIRouter

from ...schemas import Pong

router = APIRouter(tags=["ping"])


@router.get("/ping")
def ping() -> Pong:
    """Answer without asking anyone."""
    return Pong(ok=True)
