"""Bearer tokens: JSON Web Tokens signed with the service's secret."""

import time

import jwt
from django.conf import settings
from django.db import DataError

from shop.models import Account

ALGORITHM = "HS256"
# Names that PostgreSQL cannot hold, with NUL or a lone surrogate, belong to no account either.
NO_ACCOUNT = (Account.DoesNotExist, DataError, UnicodeEncodeError)


class InvalidTokenError(Exception):
    """The request carries no token that names a living account."""


def issue(username: str) -> dict[str, str | int]:
    """The answer to a sign-in: the token, its type and its lifetime in seconds."""
    now_s = int(time.time())
    claims = {"sub": username, "iat": now_s, "exp": now_s + settings.TOKEN_LIFETIME_S}
    return {
        "access_token": jwt.encode(claims, settings.SECRET_KEY, ALGORITHM),
        "token_type": "bearer",
        "expires_in": settings.TOKEN_LIFETIME_S,
    }


def account_of(authorization: str) -> Account:
    """The account that an Authorization header names; InvalidTokenError."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise InvalidTokenError("A bearer token is required.")
    try:
        claims = _claims(token.strip())
        return Account.objects.get(username=claims["sub"])
    except (jwt.PyJWTError, *NO_ACCOUNT) as error:
        raise InvalidTokenError("The token is invalid or has expired.") from error


def _claims(token: str) -> dict[str, str]:
    required = {"require": ["exp", "sub"]}
    return jwt.decode(token, settings.SECRET_KEY, algorithms=[ALGORITHM], options=required)
