"""The framework's floor: an answer that needs no data."""

from .openapi import Blueprint
from .schemas import Pong

blueprint = Blueprint("ping", __name__, description="Is it there?")


@blueprint.get("/ping")
@blueprint.response(200, Pong)
def ping():
    """Say that the service is there"""
    return {"ok": True}
