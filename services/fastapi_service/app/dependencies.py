"""What the routes depend on. All async: FastAPI runs the others in threads."""

from typing import Annotated

from fastapi import Depends, HTTPException, Path, Request, status
from pydantic import BeforeValidator

from .data import INT4_MAX, Shop
from .schemas import Digits
from .settings import Settings
from .upstreams import Upstreams

NO_SUCH_USER = HTTPException(status.HTTP_404_NOT_FOUND, "There is no such user")


async def get_settings(request: Request) -> Settings:
    """The settings of this process."""
    settings: Settings = request.state.settings
    return settings


async def get_shop(request: Request) -> Shop:
    """The data."""
    shop: Shop = request.state.shop
    return shop


async def get_upstreams(request: Request) -> Upstreams:
    """The services behind this one."""
    upstreams: Upstreams = request.state.upstreams
    return upstreams


def _shortened(text: str) -> str:
    """The first digits, enough to see that it is nobody's; Pydantic alone refuses 5,000."""
    return text[:20]


async def get_user_id(user_id: Annotated[Digits, BeforeValidator(_shortened), Path()]) -> int:
    """An id that the column can hold; 404 for one beyond its range."""
    if not 0 <= user_id <= INT4_MAX:
        raise NO_SUCH_USER
    return user_id


SettingsDep = Annotated[Settings, Depends(get_settings)]
ShopDep = Annotated[Shop, Depends(get_shop)]
UpstreamsDep = Annotated[Upstreams, Depends(get_upstreams)]
UserIdDep = Annotated[int, Depends(get_user_id)]
