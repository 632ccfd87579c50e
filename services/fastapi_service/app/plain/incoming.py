"""Validated parameters of the routes. All are async: FastAPI runs others in threads."""

import json
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request

from ..bodies import LimitedRequest
from ..data import INT4_MAX
from ..dependencies import NO_SUCH_USER
from .checks import age, checked, digits, email, text
from .errors import InvalidError, fault

Values = dict[str, Any]

_USER_ID = {"user_id": digits()}
_USER = {"username": text(3, 50), "email": email, "age": age}
_USERS = {"limit": digits(1, 100, default=20), "after": digits(0, default=0)}
_SEARCH = {"q": text(1, 100)}
_PAGE = {"page": digits(1, default=1)}
_SOURCES = {"count": digits(1, 8, default=4), "delay_ms": digits(0, 1000, default=20)}
_CREDENTIALS = {"username": text(), "password": text()}


async def user_id(request: Request) -> int:
    """Return an id that the column can hold; 404 for one beyond its range."""
    number: int = checked("path", request.path_params, _USER_ID)["user_id"]
    if not 0 <= number <= INT4_MAX:
        raise NO_SUCH_USER
    return number


async def user_body(request: Request) -> Values:
    """A user sent by a client; other fields are ignored."""
    return checked("body", await _json_object(request), _USER)


async def credentials(request: Request) -> Values:
    """OAuth2's password form; grant_type and other fields are ignored."""
    form = await LimitedRequest(request.scope, request.receive).form()
    return checked("body", form, _CREDENTIALS)


async def users_query(request: Request) -> Values:
    """Return the page of users: limit and after."""
    return checked("query", request.query_params, _USERS)


async def search_text(request: Request) -> str:
    """Return the part of a product's name to search for."""
    q: str = checked("query", request.query_params, _SEARCH)["q"]
    return q


async def page_number(request: Request) -> int:
    """Number of a page of the catalogue."""
    page: int = checked("query", request.query_params, _PAGE)["page"]
    return page


async def sources_query(request: Request) -> Values:
    """Return the number of sources and their delay: count and delay_ms."""
    return checked("query", request.query_params, _SOURCES)


async def _json_object(request: Request) -> Values:
    kind, _, _ = request.headers.get("content-type", "").partition(";")
    if kind.strip().lower() != "application/json":
        raise InvalidError(fault("It must be JSON", "body"))
    body = await LimitedRequest(request.scope, request.receive).body()
    try:
        content = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise HTTPException(400, "The body is not JSON in UTF-8") from None
    if not isinstance(content, dict):
        raise InvalidError(fault("It must be an object", "body"))
    return content


UserIdDep = Annotated[int, Depends(user_id)]
UserBodyDep = Annotated[Values, Depends(user_body)]
CredentialsDep = Annotated[Values, Depends(credentials)]
UsersQueryDep = Annotated[Values, Depends(users_query)]
SearchTextDep = Annotated[str, Depends(search_text)]
PageNumberDep = Annotated[int, Depends(page_number)]
SourcesQueryDep = Annotated[Values, Depends(sources_query)]
