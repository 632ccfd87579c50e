"""The API as Django's own views with JsonResponse."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt

from plain_api import forms
from plain_api.data.access import Data
from plain_api.incoming import (
    REFUSALS,
    WRONG_PASSWORD,
    bearer,
    checked,
    credentials,
    json_object,
    refusal,
    unauthorised,
)
from plain_api.records import user_page
from shop import catalog, dashboard, pool, tokens, tries
from shop.errors import JsonErrorsView
from shop.upstreams.blocking import answers_to
from shop.upstreams.questions import DASHBOARD, sources


@method_decorator(csrf_exempt, name="dispatch")
class ApiView(JsonErrorsView):
    """A view without a session, therefore without CSRF token; its errors are JSON."""

    data: Data | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the method's response, or that of the refusal it raised."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except REFUSALS as error:
            return refusal(error)


class PingView(ApiView):
    """Whether the service is running."""

    def get(self, request: HttpRequest) -> JsonResponse:
        """Respond without a database query."""
        return JsonResponse({"ok": True})


class UserListView(ApiView):
    """The users."""

    def get(self, request: HttpRequest) -> JsonResponse:
        """Return a page of users by id."""
        page = checked(forms.UserPageForm(request.GET))
        users = self.data.users(page["after"], page["limit"] + 1)
        return JsonResponse(user_page(users, page["limit"]))

    def post(self, request: HttpRequest) -> JsonResponse:
        """Create a user."""
        fields = checked(forms.UserForm(json_object(request)))
        return JsonResponse(self.data.create_user(fields), status=201)


class UserDetailView(ApiView):
    """One user."""

    def get(self, request: HttpRequest, user_id: int) -> JsonResponse:
        """Return the user with its orders, oldest first."""
        return JsonResponse(self.data.user_with_orders(user_id))

    def put(self, request: HttpRequest, user_id: int) -> JsonResponse:
        """Replace the user."""
        fields = checked(forms.UserForm(json_object(request)))
        return JsonResponse(self.data.replace_user(user_id, fields))

    def delete(self, request: HttpRequest, user_id: int) -> HttpResponse:
        """Delete the user and its orders."""
        self.data.delete_user(user_id)
        return HttpResponse(status=204)


class SearchView(ApiView):
    """Search for products."""

    def get(self, request: HttpRequest) -> JsonResponse:
        """Return products with the text in their names, all categories and the latest reviews."""
        return JsonResponse(self.data.search(checked(forms.SearchForm(request.GET))["q"]))


class TokenView(ApiView):
    """Sign-in."""

    def post(self, request: HttpRequest) -> JsonResponse:
        """Return a bearer token for a username and a password."""
        given = credentials(request)
        tries.count(given["username"])
        if not self.data.password_is_right(**given):
            raise unauthorised(WRONG_PASSWORD)
        tries.forget(given["username"])
        return JsonResponse(tokens.issue(given["username"]))


class DashboardView(ApiView):
    """The dashboard, for signed-in accounts."""

    def get(self, request: HttpRequest) -> JsonResponse:
        """Return the number of users, the last week's sales, inventory and analytics."""
        if not self.data.account_exists(bearer(request)):
            raise unauthorised(tokens.INVALID)
        users, sales = self.data.count_users(), self.data.last_days_sales()
        return JsonResponse(dashboard.stats(users, sales, answers_to(DASHBOARD)))


class SourcesView(ApiView):
    """Sources with a delay each."""

    def get(self, request: HttpRequest) -> JsonResponse:
        """Return the value of each source."""
        questions = sources(**checked(forms.SourcesForm(request.GET)))
        return JsonResponse({"sources": list(answers_to(questions))})


class PoolView(ApiView):
    """The pool of database connections."""

    def get(self, request: HttpRequest) -> JsonResponse:
        """Return its counts since the process started."""
        return JsonResponse(pool.usage(self.data.pool()))


class CatalogView(ApiView):
    """Products with category and price, 20 per page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the page; 400 if it is not a number above 0, 404 past the end."""
        page = checked(catalog.CatalogForm(request.GET))["page"]
        return catalog.rendered(request, page, self.data.catalog(*catalog.rows_of(page)))
