"""Authentication: passwords, bearer tokens, sessions."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn, ParamSpec, TypeVar

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import abort, current_app, request
from flask_login import LoginManager, UserMixin
from werkzeug.datastructures import WWWAuthenticate

from . import tries
from .data import data_access
from .data.access import Record, reason_it_cannot_be_stored

P = ParamSpec("P")
R = TypeVar("R")

ALGORITHM = "HS256"
login_manager = LoginManager()
login_manager.login_view = "pages.login"

# At the cost of the seeded accounts: an unknown name takes as long as a known one.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Checked for an unknown name: response times do not reveal which accounts exist.
_HASH_OF_NOBODY = _hasher.hash("nobody")


class SignedIn(UserMixin):
    """The owner of a session, for Flask-Login."""

    def __init__(self, username: str) -> None:
        self.id = username


@login_manager.user_loader
def load_signed_in(username: str) -> SignedIn | None:
    """Return the session's owner, unless the account no longer exists."""
    return SignedIn(username) if _account(username) else None


def password_is_right(username: str, password: str) -> bool:
    """Return whether the account exists and this is its password; 429 after too many attempts."""
    tries.count(username)
    account = _account(username)
    try:
        _hasher.verify(account["password_hash"] if account else _HASH_OF_NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    if account is None:
        return False
    tries.forget(username)
    return True


def sign_in(username: str, password: str) -> dict[str, Any]:
    """Return a bearer token and its lifetime.

    401 if the name or the password is wrong, 429 after too many attempts.
    """
    if not password_is_right(username, password):
        refuse("The name or the password is wrong.")
    lifetime_s = current_app.config["TOKEN_LIFETIME_S"]
    now_s = int(time.time())
    claims = {"sub": username, "iat": now_s, "exp": now_s + lifetime_s}
    token = jwt.encode(claims, current_app.config["SECRET_KEY"], algorithm=ALGORITHM)
    return {"access_token": token, "token_type": "bearer", "expires_in": lifetime_s}


def token_required(view: Callable[P, R]) -> Callable[P, R]:
    """Decorate a view to require a valid token of an existing account."""

    @wraps(view)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        if _account(_username_of_token()) is None:
            refuse("The account no longer exists.")
        return view(*args, **kwargs)

    return checked


def refuse(message: str) -> NoReturn:
    """Return 401, with the header that says how to sign in."""
    abort(401, message, www_authenticate=WWWAuthenticate("bearer", {"realm": "shop"}))


def _account(username: str) -> Record | None:
    # No account has such a name, and the database would reject the query.
    if reason_it_cannot_be_stored(username):
        return None
    return data_access().account(username)


def _username_of_token() -> str:
    given = request.authorization
    if given is None or given.type != "bearer" or not given.token:
        refuse("Send a token: Authorization: Bearer …")
    try:
        claims = jwt.decode(
            given.token,
            current_app.config["SECRET_KEY"],
            algorithms=[ALGORITHM],
            options={"require": ["exp", "sub"]},
        )
    except jwt.InvalidTokenError as error:
        refuse(f"The token is not valid: {error}")
    return claims["sub"]
