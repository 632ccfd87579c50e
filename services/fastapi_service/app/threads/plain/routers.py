"""The routes, documented by those with Pydantic."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from ...data import INT4_MAX
from ...pages import catalog_page
from ...plain import outgoing
from ...plain.incoming import (
    CredentialsDep,
    PageNumberDep,
    SearchTextDep,
    SourcesQueryDep,
    UserBodyDep,
    UserIdDep,
    UsersQueryDep,
)
from ...sizes import PRODUCTS_FOUND, PRODUCTS_PER_PAGE
from ...tokens import create_token
from ..dependencies import NO_SUCH_USER, SettingsDep, ShopDep, UpstreamsDep
from ..figures import figures
from ..security import authenticate, get_current_account

router = APIRouter()
ROUTERS = [router]


@router.get("/ping")
def ping() -> JSONResponse:
    return JSONResponse({"ok": True})


@router.get("/users")
def list_users(query: UsersQueryDep, shop: ShopDep) -> JSONResponse:
    # One extra row shows whether another page follows.
    users = shop.users(min(query["after"], INT4_MAX), query["limit"] + 1)
    return JSONResponse(outgoing.page_of_users(users, query["limit"]))


@router.post("/users")
def create_user(body: UserBodyDep, shop: ShopDep) -> JSONResponse:
    return JSONResponse(shop.create_user(body), 201)


@router.get("/users/{user_id}")
def read_user(user_id: UserIdDep, shop: ShopDep) -> JSONResponse:
    user = shop.user_with_orders(user_id)
    if user is None:
        raise NO_SUCH_USER
    return JSONResponse(outgoing.user_with_orders(user))


@router.put("/users/{user_id}")
def replace_user(user_id: UserIdDep, body: UserBodyDep, shop: ShopDep) -> JSONResponse:
    user = shop.update_user(user_id, body)
    if user is None:
        raise NO_SUCH_USER
    return JSONResponse(user)


@router.delete("/users/{user_id}")
def delete_user(user_id: UserIdDep, shop: ShopDep) -> Response:
    if not shop.delete_user(user_id):
        raise NO_SUCH_USER
    return Response(status_code=204)


@router.get("/products/search")
def search(q: SearchTextDep, shop: ShopDep) -> JSONResponse:
    return JSONResponse(outgoing.found(shop.search(q, PRODUCTS_FOUND)))


@router.post("/token")
def sign_in(credentials: CredentialsDep, settings: SettingsDep, shop: ShopDep) -> JSONResponse:
    authenticate(shop, credentials["username"], credentials["password"])
    return JSONResponse(create_token(credentials["username"], settings))


@router.get("/dashboard/stats", dependencies=[Depends(get_current_account)])
def stats(shop: ShopDep, upstreams: UpstreamsDep) -> JSONResponse:
    return JSONResponse(outgoing.stats(figures(shop, upstreams)))


@router.get("/sources")
def sources(query: SourcesQueryDep, upstreams: UpstreamsDep) -> JSONResponse:
    return JSONResponse({"sources": upstreams.sources(**query)})


@router.get("/pool")
def pool(shop: ShopDep) -> JSONResponse:
    return JSONResponse(shop.pool_use())


@router.get("/catalog")
def catalog(request: Request, shop: ShopDep, page: PageNumberDep) -> HTMLResponse:
    offset = (page - 1) * PRODUCTS_PER_PAGE
    # One extra row shows whether another page follows.
    products = shop.catalog(offset, PRODUCTS_PER_PAGE + 1) if offset <= INT4_MAX else []
    return catalog_page(request, page, products)
