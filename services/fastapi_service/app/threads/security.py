"""Authentication."""

from typing import Annotated, Any

from fastapi import Depends

from .. import tries
from ..data import Record, can_be_stored
from ..tokens import is_password, name_in, oauth2_scheme, unauthorized
from .dependencies import SettingsDep, ShopDep


def authenticate(shop: Any, username: str, password: str) -> None:
    """Refuse an unknown account or a wrong password with 401, too many attempts with 429."""
    tries.count(username)
    if not is_password(_account(shop, username), password):
        raise unauthorized("The name or the password is wrong")
    tries.forget(username)


def get_current_account(
    token: Annotated[str, Depends(oauth2_scheme)], settings: SettingsDep, shop: ShopDep
) -> Record:
    """Return the account of the token; 401 if it is invalid or the account no longer exists."""
    account = _account(shop, name_in(token, settings))
    if account is None:
        raise unauthorized("The account no longer exists")
    return account


def _account(shop: Any, username: str) -> Record | None:
    # No account has such a name, and the database would reject the query.
    return shop.account(username) if can_be_stored(username) else None
