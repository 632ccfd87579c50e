"""One login: who has signed in with Django is known to FastAPI's routes as well."""

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
    """The account of the bearer token or, without one, of Django's session; 401 without either.

    For routes that only read: one that writes would have to ask for Django's CSRF token as well.
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
    """Whose session it is by Django's own rules; nothing where it is nobody's."""
    request = HttpRequest()
    request.session = SessionStore(session_key)
    try:
        return get_user(request).get_username()
    finally:
        connection.close()  # to the pool: no request of Django's ends here, which would do it
