"""Sign-in for a bearer token."""

from flask import Blueprint

from ..accounts import sign_in
from .checks import credentials

blueprint = Blueprint("tokens", __name__)


@blueprint.post("/token")
def create_token():
    """Exchange a name and a password for a token."""
    return sign_in(**credentials())
