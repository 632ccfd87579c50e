"""Route that shows whether the service is running."""

from fastapi import APIRouter

from ..schemas import Pong

router = APIRouter(tags=["ping"])


@router.get("/ping")
async def ping() -> Pong:
    """Respond without a database or another service."""
    return Pong(ok=True)
