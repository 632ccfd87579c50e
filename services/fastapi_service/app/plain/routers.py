"""The routes, documented by those with Pydantic."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from ..data import INT4_MAX
from ..dependencies import NO_SUCH_USER, SettingsDep, ShopDep, UpstreamsDep
from ..figures import figures
from ..pages import catalog_page
from ..plain import outgoing
from ..plain.incoming import (
    CredentialsDep,
    PageNumberDep,
    SearchTextDep,
    SourcesQueryDep,
    UserBodyDep,
    UserIdDep,
    UsersQueryDep,
)
from ..security import authenticate, get_current_account
from ..sizes import PRODUCTS_FOUND, PRODUCTS_PER_PAGE
from ..tokens import create_token

router = APIRouter()
ROUTERS = [router]


@router.get("/ping")
async def ping() -> JSONResponse:
    return JSONResponse({"ok": True})


@router.get("/users")
async def list_users(query: UsersQueryDep, shop: ShopDep) -> JSONResponse:
    # One extra row shows whether another page follows.
    users = await shop.users(min(query["after"], INT4_MAX), query["limit"] + 1)
    return JSONResponse(outgoing.page_of_users(users, query["limit"]))


@router.post("/users")
async def create_user(body: UserBodyDep, shop: ShopDep) -> JSONResponse:
    return JSONResponse(await shop.create_user(body), 201)


@router.get("/users/{user_id}")
async def read_user(user_id: UserIdDep, shop: ShopDep) -> JSONResponse:
    user = await shop.user_with_orders(user_id)
    if user is None:
        raise NO_SUCH_USER
    return JSONResponse(outgoing.user_with_orders(user))


@router.put("/users/{user_id}")
async def replace_user(user_id: UserIdDep, body: UserBodyDep, shop: ShopDep) -> JSONResponse:
    user = await shop.update_user(user_id, body)
    if user is None:
        raise NO_SUCH_USER
    return JSONResponse(user)


@router.delete("/users/{user_id}")
async def delete_user(user_id: UserIdDep, shop: ShopDep) -> Response:
    if not await shop.delete_user(user_id):
        raise NO_SUCH_USER
    return Response(status_code=204)


@router.get("/products/search")
async def search(q: SearchTextDep, shop: ShopDep) -> JSONResponse:
    return JSONResponse(outgoing.found(await shop.search(q, PRODUCTS_FOUND)))


@router.post("/token")
async def sign_in(
    credentials: CredentialsDep, settings: SettingsDep, shop: ShopDep
) -> JSONResponse:
    await authenticate(shop, credentials["username"], credentials["password"])
    return JSONResponse(create_token(credentials["username"], settings))


@router.get("/dashboard/stats", dependencies=[Depends(get_current_account)])
async def stats(shop: ShopDep, upstreams: UpstreamsDep) -> JSONResponse:
    return JSONResponse(outgoing.stats(await figures(shop, upstreams)))


@router.get("/sources")
async def sources(query: SourcesQueryDep, upstreams: UpstreamsDep) -> JSONResponse:
    return JSONResponse({"sources": await upstreams.sources(**query)})


@router.get("/pool")
async def pool(shop: ShopDep) -> JSONResponse:
    return JSONResponse(shop.pool_use())


@router.get("/catalog")
async def catalog(request: Request, shop: ShopDep, page: PageNumberDep) -> HTMLResponse:
    offset = (page - 1) * PRODUCTS_PER_PAGE
    # One extra row shows whether another page follows.
    products = await shop.catalog(offset, PRODUCTS_PER_PAGE + 1) if offset <= INT4_MAX else []
    return catalog_page(request, page, products)
