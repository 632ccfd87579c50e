"""Who is asking."""

from typing import Annotated, Any

from fastapi import Depends

from .. import tries
from ..data import Record, can_be_stored
from ..tokens import is_password, name_in, oauth2_scheme, unauthorized
from .dependencies import SettingsDep, ShopDep


def authenticate(shop: Any, username: str, password: str) -> None:
    """Refuse with 401 who has no account or another password, with 429 who tries too often."""
    tries.count(username)
    if not is_password(_account(shop, username), password):
        raise unauthorized("The name or the password is wrong")
    tries.forget(username)


def get_current_account(
    token: Annotated[str, Depends(oauth2_scheme)], settings: SettingsDep, shop: ShopDep
) -> Record:
    """The account that the token names; 401 where it is not valid or the account has gone."""
    account = _account(shop, name_in(token, settings))
    if account is None:
        raise unauthorized("The account no longer exists")
    return account


def _account(shop: Any, username: str) -> Record | None:
    # Such a name belongs to nobody, and the database would refuse the question.
    return shop.account(username) if can_be_stored(username) else None
