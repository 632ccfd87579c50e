"""What the routes depend on. All async: FastAPI runs the others in threads."""

import re
from typing import Annotated

from fastapi import Depends, HTTPException, Path, Request, status
from pydantic import BeforeValidator

from .data import INT4_MAX, Shop
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
    """The services that the dashboard asks."""
    upstreams: Upstreams = request.state.upstreams
    return upstreams


def _only_digits(text: str) -> str:
    """Pydantic alone would also take 1.0, +1 and 1_0 for 1, and refuse 5,000 digits."""
    if not re.fullmatch("-?[0-9]+", text):
        raise ValueError("write it in digits")
    return text[:20]  # enough to see that it is nobody's


async def get_user_id(user_id: Annotated[int, BeforeValidator(_only_digits), Path()]) -> int:
    """An id that a user can have; 404 for one beyond the column's range."""
    if not 0 < user_id <= INT4_MAX:
        raise NO_SUCH_USER
    return user_id


SettingsDep = Annotated[Settings, Depends(get_settings)]
ShopDep = Annotated[Shop, Depends(get_shop)]
UpstreamsDep = Annotated[Upstreams, Depends(get_upstreams)]
UserIdDep = Annotated[int, Depends(get_user_id)]
