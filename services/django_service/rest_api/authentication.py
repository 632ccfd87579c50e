"""Bearer tokens for REST Framework, and their entry in the OpenAPI document."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from shop import queries, tokens
from shop.models import Account


class BearerAuthentication(BaseAuthentication):
    """Authentication with the account in the request's token."""

    def authenticate(self, request: Request) -> tuple[Account, None] | None:
        """Return the account; None without a header; AuthenticationFailed with an invalid one."""
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
        """Return the value of WWW-Authenticate in a 401."""
        return "Bearer"


class BearerScheme(OpenApiAuthenticationExtension):
    """Its entry in the document; drf-spectacular finds this class by itself."""

    target_class = BearerAuthentication
    name = "password"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return OAuth2's password flow, with which the page can sign in."""
        flow = {"tokenUrl": "/token", "scopes": {}}
        return {"type": "oauth2", "flows": {"password": flow}}
