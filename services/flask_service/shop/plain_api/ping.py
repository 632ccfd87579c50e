"""The framework's floor: a response without data."""

from flask import Blueprint

blueprint = Blueprint("ping", __name__)


@blueprint.get("/ping")
def ping():
    """Report that the service is running."""
    return {"ok": True}
