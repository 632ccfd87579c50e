"""Figures of the dashboard."""

from flask import Blueprint

from .. import dashboard
from ..accounts import token_required

blueprint = Blueprint("dashboard", __name__, url_prefix="/dashboard")


@blueprint.get("/stats")
@token_required
def stats():
    """Get figures from four sources; an upstream that fails is null and named in `missing`."""
    return dashboard.stats()
