"""Who is asking."""

from typing import Annotated

from fastapi import Depends
from fastapi.concurrency import run_in_threadpool

from . import tries
from .data import Record, Shop, can_be_stored
from .dependencies import SettingsDep, ShopDep
from .tokens import is_password, name_in, oauth2_scheme, unauthorized


async def authenticate(shop: Shop, username: str, password: str) -> None:
    """Refuse with 401 who has no account or another password, with 429 who tries too often."""
    tries.count(username)
    account = await _account(shop, username)
    # In a thread, for other requests to go on.
    if not await run_in_threadpool(is_password, account, password):
        raise unauthorized("The name or the password is wrong")
    tries.forget(username)


async def get_current_account(
    token: Annotated[str, Depends(oauth2_scheme)], settings: SettingsDep, shop: ShopDep
) -> Record:
    """The account that the token names; 401 where it is not valid or the account has gone."""
    account = await _account(shop, name_in(token, settings))
    if account is None:
        raise unauthorized("The account no longer exists")
    return account


async def _account(shop: Shop, username: str) -> Record | None:
    # Such a name belongs to nobody, and the database would refuse the question.
    return await shop.account(username) if can_be_stored(username) else None
