"""Bearer tokens for REST Framework, and their entry in the OpenAPI document."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from shop import queries, tokens
from shop.models import Account


class BearerAuthentication(BaseAuthentication):
    """The account that the request's token names."""

    def authenticate(self, request: Request) -> tuple[Account, None] | None:
        """The account; None without a header; AuthenticationFailed with a bad one."""
        authorization = request.headers.get("Authorization")
        if authorization is None:
            return None
        try:
            account = queries.find_account(tokens.username_in(authorization))
        except tokens.InvalidTokenError as error:
            raise AuthenticationFailed(str(error)) from error
        if account is None:
            raise AuthenticationFailed(tokens.INVALID)
        return account, None

    def authenticate_header(self, request: Request) -> str:
        """What WWW-Authenticate says in a 401."""
        return "Bearer"


class BearerScheme(OpenApiAuthenticationExtension):
    """How the document describes it; drf-spectacular finds this class by itself."""

    target_class = BearerAuthentication
    name = "password"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """OAuth2's password flow, so that the page can sign in."""
        flow = {"tokenUrl": "/token", "scopes": {}}
        return {"type": "oauth2", "flows": {"password": flow}}
