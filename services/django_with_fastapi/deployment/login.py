"""One login: FastAPI's routes accept the session of an account that signed in with Django."""

from typing import Annotated

from app.data import Record
from app.dependencies import SettingsDep, ShopDep
from app.security import get_current_account
from app.tokens import unauthorized
from django.conf import settings as django_settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.http import HttpRequest
from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import OAuth2PasswordBearer

bearer_token = OAuth2PasswordBearer(tokenUrl="/token", auto_error=False)


async def get_account(
    request: Request,
    token: Annotated[str | None, Depends(bearer_token)],
    settings: SettingsDep,
    shop: ShopDep,
) -> Record:
    """Return the account of the bearer token or, without one, of Django's session; else 401.

    Only for routes that read: a route that writes would also need Django's CSRF token.
    """
    if token is not None:
        return await get_current_account(token, settings, shop)
    session_key = request.cookies.get(django_settings.SESSION_COOKIE_NAME)
    if session_key is None or "Authorization" in request.headers:
        raise unauthorized("Not authenticated")
    account = await shop.account(await run_in_threadpool(_username_in, session_key))
    if account is None:
        raise unauthorized("The session has ended")
    return account


def _username_in(session_key: str) -> str:
    """Return the username of a session by Django's own rules; empty if it has none."""
    request = HttpRequest()
    request.session = SessionStore(session_key)
    try:
        return get_user(request).get_username()
    finally:
        connection.close()  # return it to the pool: no Django request ends here to do so
