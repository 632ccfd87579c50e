"""The framework's floor: a response without data."""

from .openapi import Blueprint
from .schemas import Pong

blueprint = Blueprint("ping", __name__, description="Health check")


@blueprint.get("/ping")
@blueprint.response(200, Pong)
def ping():
    """Report that the service is running"""
    return {"ok": True}
