"""Authentication."""

from typing import Annotated

from fastapi import Depends
from fastapi.concurrency import run_in_threadpool

from . import tries
from .data import Record, Shop, can_be_stored
from .dependencies import SettingsDep, ShopDep
from .tokens import is_password, name_in, oauth2_scheme, unauthorized


async def authenticate(shop: Shop, username: str, password: str) -> None:
    """Refuse an unknown account or a wrong password with 401, too many attempts with 429."""
    tries.count(username)
    account = await _account(shop, username)
    # In a thread, it does not block other requests.
    if not await run_in_threadpool(is_password, account, password):
        raise unauthorized("The name or the password is wrong")
    tries.forget(username)


async def get_current_account(
    token: Annotated[str, Depends(oauth2_scheme)], settings: SettingsDep, shop: ShopDep
) -> Record:
    """Return the account of the token; 401 if it is invalid or the account no longer exists."""
    account = await _account(shop, name_in(token, settings))
    if account is None:
        raise unauthorized("The account no longer exists")
    return account


async def _account(shop: Shop, username: str) -> Record | None:
    # No account has such a name, and the database would reject the query.
    return await shop.account(username) if can_be_stored(username) else None
