"""Signing in for a bearer token."""

from typing import Annotated

from fastapi import APIRouter, Form

from ..dependencies import SettingsDep, ShopDep
from ..schemas import Credentials, Invalid, Refusal, Token
from ..security import authenticate, create_token, unauthorized

router = APIRouter(tags=["tokens"])


@router.post(
    "/token",
    responses={400: {"model": Refusal}, 401: {"model": Refusal}, 422: {"model": Invalid}},
)
async def sign_in(
    credentials: Annotated[Credentials, Form()], settings: SettingsDep, shop: ShopDep
) -> Token:
    """Exchange a name and a password for a token."""
    if not await authenticate(shop, credentials.username, credentials.password):
        raise unauthorized("The name or the password is wrong")
    return create_token(credentials.username, settings)
