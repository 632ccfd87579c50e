"""Sign-in for a bearer token."""

from ..accounts import sign_in
from .openapi import TOO_LARGE, Blueprint
from .schemas import Credentials, TokenAnswer

blueprint = Blueprint("tokens", __name__, description="Bearer tokens")


@blueprint.post("/token")
@blueprint.arguments(Credentials(), location="form")
@blueprint.response(200, TokenAnswer)
@blueprint.alt_response(401, "UNAUTHORIZED")
@blueprint.alt_response(413, TOO_LARGE)
@blueprint.alt_response(429, "TOO_MANY_REQUESTS")
def create_token(credentials):
    """Exchange a name and a password for a token"""
    return sign_in(**credentials)
