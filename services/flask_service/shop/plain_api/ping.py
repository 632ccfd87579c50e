"""The framework's floor: an answer that needs no data."""

from flask import Blueprint

blueprint = Blueprint("ping", __name__)


@blueprint.get("/ping")
def ping():
    """Say that the service is there."""
    return {"ok": True}
