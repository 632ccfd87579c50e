"""Figures for who runs the shop, from four sources."""

from ..accounts import token_required
from ..data import data_access
from ..openapi import Blueprint
from ..schemas import DashboardAnswer
from ..upstreams import ask

DAYS = 7

blueprint = Blueprint("dashboard", __name__, url_prefix="/dashboard", description="Figures")


@blueprint.get("/stats")
@blueprint.doc(security=[{"token": []}])
@blueprint.response(200, DashboardAnswer)
@blueprint.alt_response(401, "UNAUTHORIZED")
@token_required
def stats():
    """Ask the four sources in turn; one that fails is null and named in `missing`"""
    users = data_access().count_users()
    sales = data_access().sales_of_last_days(DAYS)
    asked = {name: ask(name) for name in ("inventory", "analytics")}
    missing = [name for name, answer in asked.items() if answer is None]
    return {"users": users, "sales": sales, **asked, "missing": missing}
