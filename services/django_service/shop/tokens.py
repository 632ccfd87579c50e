"""Bearer tokens: JSON Web Tokens signed with the service's secret."""

import time

import jwt
from django.conf import settings

ALGORITHM = "HS256"
INVALID = "The token is invalid or has expired."


class InvalidTokenError(Exception):
    """The request has no valid token."""


def issue(username: str) -> dict[str, str | int]:
    """Return the response to a sign-in: the token, its type and its lifetime in seconds."""
    now_s = int(time.time())
    claims = {"sub": username, "iat": now_s, "exp": now_s + settings.TOKEN_LIFETIME_S}
    return {
        "access_token": jwt.encode(claims, settings.SECRET_KEY, ALGORITHM),
        "token_type": "bearer",
        "expires_in": settings.TOKEN_LIFETIME_S,
    }


def username_in(authorization: str) -> str:
    """Return the username in an Authorization header; InvalidTokenError."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise InvalidTokenError("A bearer token is required.")
    required = {"require": ["exp", "sub"]}
    try:
        claims = jwt.decode(
            token.strip(), settings.SECRET_KEY, algorithms=[ALGORITHM], options=required
        )
    except jwt.PyJWTError as error:
        raise InvalidTokenError(INVALID) from error
    return claims["sub"]
