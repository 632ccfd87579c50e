"""Dependencies of the routes. All are async: FastAPI runs others in threads."""

from typing import Annotated

from fastapi import Depends, HTTPException, Path, Request, status
from pydantic import BeforeValidator

from .data import INT4_MAX, Shop
from .schemas import Digits
from .settings import Settings
from .upstreams import Upstreams

NO_SUCH_USER = HTTPException(status.HTTP_404_NOT_FOUND, "There is no such user")


async def get_settings(request: Request) -> Settings:
    """Return the settings of this process."""
    settings: Settings = request.state.settings
    return settings


async def get_shop(request: Request) -> Shop:
    """Return the data access."""
    shop: Shop = request.state.shop
    return shop


async def get_upstreams(request: Request) -> Upstreams:
    """Return the upstream services."""
    upstreams: Upstreams = request.state.upstreams
    return upstreams


def _shortened(text: str) -> str:
    """Return the first digits, enough to see that no user has the id; Pydantic rejects 5,000."""
    return text[:20]


async def get_user_id(user_id: Annotated[Digits, BeforeValidator(_shortened), Path()]) -> int:
    """Return an id that the column can hold; 404 for one beyond its range."""
    if not 0 <= user_id <= INT4_MAX:
        raise NO_SUCH_USER
    return user_id


SettingsDep = Annotated[Settings, Depends(get_settings)]
ShopDep = Annotated[Shop, Depends(get_shop)]
UpstreamsDep = Annotated[Upstreams, Depends(get_upstreams)]
UserIdDep = Annotated[int, Depends(get_user_id)]
