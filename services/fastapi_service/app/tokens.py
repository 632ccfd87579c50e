"""Passwords and bearer tokens."""

import time
from typing import Any

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from fastapi import HTTPException, status
from fastapi.security import OAuth2PasswordBearer

from .settings import Settings

ALGORITHM = "HS256"
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="/token")

# The cost of the hashes in the database.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Checked for an unknown name: response times do not reveal which accounts exist.
_HASH_OF_NOBODY = _hasher.hash("nobody")


def unauthorized(detail: str) -> HTTPException:
    """Return 401, with the header that says how to sign in."""
    return HTTPException(
        status.HTTP_401_UNAUTHORIZED, detail, headers={"WWW-Authenticate": "Bearer"}
    )


def is_password(account: dict[str, Any] | None, password: str) -> bool:
    """Return whether the account exists and this is its password. Takes about 20 ms of CPU."""
    password_hash = account["password_hash"] if account else _HASH_OF_NOBODY
    try:
        return _hasher.verify(password_hash, password) and account is not None
    except (VerificationError, InvalidHashError):
        return False


def create_token(username: str, settings: Settings) -> dict[str, Any]:
    """Return the response to a sign-in, with a token for `username`."""
    now_s = int(time.time())
    claims = {"sub": username, "iat": now_s, "exp": now_s + settings.token_lifetime_s}
    return {
        "access_token": jwt.encode(claims, settings.secret_key, ALGORITHM),
        "token_type": "bearer",
        "expires_in": settings.token_lifetime_s,
    }


def name_in(token: str, settings: Settings) -> str:
    """Return the username of a token; 401 if it is invalid."""
    try:
        claims = jwt.decode(
            token, settings.secret_key, [ALGORITHM], options={"require": ["exp", "sub"]}
        )
    except jwt.InvalidTokenError as error:
        raise unauthorized(f"The token is not valid: {error}") from error
    username: str = claims["sub"]
    return username
