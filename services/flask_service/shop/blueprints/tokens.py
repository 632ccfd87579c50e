"""Signing in for a bearer token."""

from ..accounts import new_token, password_is_right, refuse
from ..openapi import Blueprint
from ..schemas import Credentials, TokenAnswer

blueprint = Blueprint("tokens", __name__, description="Bearer tokens")


@blueprint.post("/token")
@blueprint.arguments(Credentials(), location="form")
@blueprint.response(200, TokenAnswer)
@blueprint.alt_response(401, "UNAUTHORIZED")
def create_token(credentials):
    """Exchange a name and a password for a token"""
    if not password_is_right(credentials["username"], credentials["password"]):
        refuse("The name or the password is wrong.")
    return new_token(credentials["username"])
