"""Figures of the dashboard."""

from .. import dashboard
from ..accounts import token_required
from .openapi import Blueprint
from .schemas import DashboardAnswer

blueprint = Blueprint("dashboard", __name__, url_prefix="/dashboard", description="Figures")


@blueprint.get("/stats")
@blueprint.doc(security=[{"token": []}])
@blueprint.response(200, DashboardAnswer)
@blueprint.alt_response(401, "UNAUTHORIZED")
@token_required
def stats():
    """Get figures from four sources; an upstream that fails is null and named in `missing`"""
    return dashboard.stats()
