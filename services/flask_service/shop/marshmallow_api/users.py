"""Users: list, create, read, replace, delete."""

from flask.views import MethodView
from flask_smorest import abort

from ..data import UsernameTakenError, data_access
from ..data.access import INT4_MAX
from ..listing import users_page
from .openapi import TOO_LARGE, Blueprint
from .schemas import UserAnswer, UserBody, UsersAnswer, UsersQuery, UserWithOrders

blueprint = Blueprint("users", __name__, url_prefix="/users", description="Users and orders")


@blueprint.errorhandler(UsernameTakenError)
def username_is_taken(error):
    """Return 409, naming the field."""
    errors = {"json": {"username": ["Another user has this name."]}}
    return {"code": 409, "status": "Conflict", "errors": errors}, 409


@blueprint.route("")
class Users(MethodView):
    """All users."""

    init_every_request = False

    @blueprint.arguments(UsersQuery(), location="query")
    @blueprint.response(200, UsersAnswer)
    def get(self, query):
        """List users by id, a page at a time"""
        items, following = users_page(**query)
        return {"items": items, "next": following}

    @blueprint.arguments(UserBody())
    @blueprint.response(201, UserAnswer)
    @blueprint.alt_response(409, "CONFLICT")
    @blueprint.alt_response(413, TOO_LARGE)
    def post(self, body):
        """Create a user"""
        return data_access().create_user(body)


@blueprint.route(f"/<int(max={INT4_MAX}):user_id>")
class User(MethodView):
    """One user."""

    init_every_request = False

    @blueprint.response(200, UserWithOrders)
    @blueprint.alt_response(404, "NOT_FOUND")
    def get(self, user_id):
        """Read a user and its orders, oldest first"""
        return data_access().user_with_orders(user_id) or _no_such_user()

    @blueprint.arguments(UserBody())
    @blueprint.response(200, UserAnswer)
    @blueprint.alt_response(404, "NOT_FOUND")
    @blueprint.alt_response(409, "CONFLICT")
    @blueprint.alt_response(413, TOO_LARGE)
    def put(self, body, user_id):
        """Replace a user"""
        return data_access().update_user(user_id, body) or _no_such_user()

    @blueprint.response(204)
    @blueprint.alt_response(404, "NOT_FOUND")
    def delete(self, user_id):
        """Delete a user and its orders"""
        if not data_access().delete_user(user_id):
            _no_such_user()


def _no_such_user():
    abort(404, message="There is no such user.")
