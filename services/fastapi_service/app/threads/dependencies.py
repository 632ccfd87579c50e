"""Dependencies of the routes: the same, with methods that are not async."""

from typing import Annotated, Any

from fastapi import Depends

from ..dependencies import NO_SUCH_USER, SettingsDep, UserIdDep, get_shop, get_upstreams
from .upstreams import Upstreams

__all__ = ["NO_SUCH_USER", "SettingsDep", "ShopDep", "UpstreamsDep", "UserIdDep"]

ShopDep = Annotated[Any, Depends(get_shop)]
UpstreamsDep = Annotated[Upstreams, Depends(get_upstreams)]
