"""FastAPI's part: the API, except for the catalogue, which is a page of Django."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.application import create_app
from app.dependencies import ShopDep
from app.responses import UNAUTHORIZED
from app.routers import dashboard, ping, products, sources, tokens, users
from app.schemas import PoolUse
from app.settings import Settings
from config.asgi import data
from fastapi import APIRouter, Depends, FastAPI
from rest_api.document import CATALOG
from shop.pool import usage

from .login import get_account


@asynccontextmanager
async def django_connections(app: FastAPI) -> AsyncIterator[None]:
    """Keep Django's database connections open, in addition to FastAPI's own."""
    async with data.open_connections():
        yield


pools = APIRouter(tags=["measuring"], lifespan=django_connections)


@pools.get("/pool")
async def pool(shop: ShopDep) -> PoolUse:
    """Return the counts of both pools since the process started; takes no connection."""
    django, fastapi = usage(data.pool()), shop.pool_use()
    return PoolUse.model_validate({name: django[name] + fastapi[name] for name in django})


# A separate router: with dependency_overrides, FastAPI would analyse the dependencies again for
# each request.
figures = APIRouter(
    prefix="/dashboard",
    tags=["dashboard"],
    dependencies=[Depends(get_account)],
    responses=UNAUTHORIZED,
)
figures.get("/stats")(dashboard.stats)

ROUTERS = [
    *(module.router for module in (ping, users, products, tokens, sources)),
    *(figures, pools),
]


def create_api() -> FastAPI:
    """Create the API, which accepts Django's sessions as well as its own tokens."""
    api = create_app(Settings.from_environment(), ROUTERS)
    document = api.openapi()
    document["paths"]["/catalog"] = {"get": CATALOG}
    api.openapi = lambda: document
    return api
