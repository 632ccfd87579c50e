"""Who is asking: passwords and bearer tokens."""

import time
from typing import Annotated, Any

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from fastapi import Depends, HTTPException, status
from fastapi.concurrency import run_in_threadpool
from fastapi.security import OAuth2PasswordBearer

from .data import Record, Shop, can_be_stored
from .dependencies import SettingsDep, ShopDep
from .schemas import Token
from .settings import Settings

ALGORITHM = "HS256"
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="/token")

# The cost of the hashes in the database.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Checked when the name is unknown, so that the time taken does not tell who has an account.
_HASH_OF_NOBODY = _hasher.hash("nobody")


def unauthorized(detail: str) -> HTTPException:
    """401, with the header that says how to sign in."""
    return HTTPException(
        status.HTTP_401_UNAUTHORIZED, detail, headers={"WWW-Authenticate": "Bearer"}
    )


async def authenticate(shop: Shop, username: str, password: str) -> bool:
    """Whether the account exists and this is its password."""
    account = await _account(shop, username)
    password_hash = account["password_hash"] if account else _HASH_OF_NOBODY
    # A hash takes some 20 ms: in a thread, for other requests to go on.
    matches = await run_in_threadpool(_verify, password_hash, password)
    return matches and account is not None


def create_token(username: str, settings: Settings) -> Token:
    """A token for the bearer to be `username`."""
    now_s = int(time.time())
    claims = {"sub": username, "iat": now_s, "exp": now_s + settings.token_lifetime_s}
    return Token(
        access_token=jwt.encode(claims, settings.secret_key, ALGORITHM),
        token_type="bearer",
        expires_in=settings.token_lifetime_s,
    )


async def get_current_account(
    token: Annotated[str, Depends(oauth2_scheme)], settings: SettingsDep, shop: ShopDep
) -> Record:
    """The account that the token names; 401 where it is not valid or the account has gone."""
    account = await _account(shop, _claims(token, settings)["sub"])
    if account is None:
        raise unauthorized("The account no longer exists")
    return account


def _claims(token: str, settings: Settings) -> dict[str, Any]:
    try:
        return jwt.decode(
            token, settings.secret_key, [ALGORITHM], options={"require": ["exp", "sub"]}
        )
    except jwt.InvalidTokenError as error:
        raise unauthorized(f"The token is not valid: {error}") from error


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


async def _account(shop: Shop, username: str) -> Record | None:
    # Such a name belongs to nobody, and the database would refuse the question.
    return await shop.account(username) if can_be_stored(username) else None
