"""Sign-in for a bearer token."""

from typing import Annotated

from fastapi import APIRouter, Form

from ...bodies import Utf8Route
from ...responses import WITH_FORM
from ...schemas import Credentials, Token
from ...tokens import create_token
from ..dependencies import SettingsDep, ShopDep
from ..security import authenticate

router = APIRouter(tags=["tokens"], route_class=Utf8Route)


@router.post("/token", responses=WITH_FORM)
def sign_in(
    credentials: Annotated[Credentials, Form()], settings: SettingsDep, shop: ShopDep
) -> Token:
    """Exchange a name and a password for a token."""
    authenticate(shop, credentials.username, credentials.password)
    return Token.model_validate(create_token(credentials.username, settings))
