"""Users: list, create, read, replace, delete."""

from flask import Blueprint, abort
from flask.views import MethodView

from ..data import UsernameTakenError, data_access
from ..data.access import INT4_MAX
from ..listing import users_page
from .checks import user_body, users_query
from .errors import FieldError, as_json
from .serialising import USER, dictionaries, user_dictionary, user_with_orders_dictionary

blueprint = Blueprint("users", __name__, url_prefix="/users")


@blueprint.errorhandler(UsernameTakenError)
def username_is_taken(error):
    """Return 409, naming the field."""
    return as_json(FieldError(409, "json", {"username": ["Another user has this name."]}))


class Users(MethodView):
    """All users."""

    init_every_request = False

    def get(self):
        """List users by id, a page at a time."""
        items, following = users_page(**users_query())
        return {"items": dictionaries(items, USER), "next": following}

    def post(self):
        """Create a user."""
        return user_dictionary(data_access().create_user(user_body())), 201


class User(MethodView):
    """One user."""

    init_every_request = False

    def get(self, user_id):
        """Read a user and its orders, oldest first."""
        user = data_access().user_with_orders(user_id) or _no_such_user()
        return user_with_orders_dictionary(user)

    def put(self, user_id):
        """Replace a user."""
        user = data_access().update_user(user_id, user_body()) or _no_such_user()
        return user_dictionary(user)

    def delete(self, user_id):
        """Delete a user and its orders."""
        if not data_access().delete_user(user_id):
            _no_such_user()
        return "", 204


def _no_such_user():
    abort(404, "There is no such user.")


blueprint.add_url_rule("", view_func=Users.as_view("users"))
blueprint.add_url_rule(f"/<int(max={INT4_MAX}):user_id>", view_func=User.as_view("user"))
