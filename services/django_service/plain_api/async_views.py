"""The API as async views: as views.py, but it awaits the data and gathers requests to other
services."""

import asyncio
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
from shop.upstreams.gathered import answer_to
from shop.upstreams.questions import DASHBOARD, sources


@method_decorator(csrf_exempt, name="dispatch")
class ApiView(JsonErrorsView):
    """A view without a session, therefore without CSRF token; its errors are JSON."""

    data: Data | None = None

    async def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the method's response, or that of the refusal it raised."""
        try:
            return await super().dispatch(request, *args, **kwargs)
        except REFUSALS as error:
            return refusal(error)


class PingView(ApiView):
    """Whether the service is running."""

    async def get(self, request: HttpRequest) -> JsonResponse:
        """Respond without a database query."""
        return JsonResponse({"ok": True})


class UserListView(ApiView):
    """The users."""

    async def get(self, request: HttpRequest) -> JsonResponse:
        """Return a page of users by id."""
        page = checked(forms.UserPageForm(request.GET))
        users = await self.data.users(page["after"], page["limit"] + 1)
        return JsonResponse(user_page(users, page["limit"]))

    async def post(self, request: HttpRequest) -> JsonResponse:
        """Create a user."""
        fields = checked(forms.UserForm(json_object(request)))
        return JsonResponse(await self.data.create_user(fields), status=201)


class UserDetailView(ApiView):
    """One user."""

    async def get(self, request: HttpRequest, user_id: int) -> JsonResponse:
        """Return the user with its orders, oldest first."""
        return JsonResponse(await self.data.user_with_orders(user_id))

    async def put(self, request: HttpRequest, user_id: int) -> JsonResponse:
        """Replace the user."""
        fields = checked(forms.UserForm(json_object(request)))
        return JsonResponse(await self.data.replace_user(user_id, fields))

    async def delete(self, request: HttpRequest, user_id: int) -> HttpResponse:
        """Delete the user and its orders."""
        await self.data.delete_user(user_id)
        return HttpResponse(status=204)


class SearchView(ApiView):
    """Search for products."""

    async def get(self, request: HttpRequest) -> JsonResponse:
        """Return products with the text in their names, all categories and the latest reviews."""
        return JsonResponse(await self.data.search(checked(forms.SearchForm(request.GET))["q"]))


class TokenView(ApiView):
    """Sign-in."""

    async def post(self, request: HttpRequest) -> JsonResponse:
        """Return a bearer token for a username and a password."""
        given = credentials(request)
        tries.count(given["username"])
        if not await self.data.password_is_right(**given):
            raise unauthorised(WRONG_PASSWORD)
        tries.forget(given["username"])
        return JsonResponse(tokens.issue(given["username"]))


class DashboardView(ApiView):
    """The dashboard, for signed-in accounts."""

    async def get(self, request: HttpRequest) -> JsonResponse:
        """Return the number of users, the last week's sales, inventory and analytics."""
        if not await self.data.account_exists(bearer(request)):
            raise unauthorised(tokens.INVALID)
        users, sales, *answers = await asyncio.gather(
            self.data.count_users(), self.data.last_days_sales(), *map(answer_to, DASHBOARD)
        )
        return JsonResponse(dashboard.stats(users, sales, answers))


class SourcesView(ApiView):
    """Sources with a delay each."""

    async def get(self, request: HttpRequest) -> JsonResponse:
        """Return the value of each source."""
        questions = sources(**checked(forms.SourcesForm(request.GET)))
        return JsonResponse({"sources": await asyncio.gather(*map(answer_to, questions))})


class PoolView(ApiView):
    """The pool of database connections."""

    async def get(self, request: HttpRequest) -> JsonResponse:
        """Return its counts since the process started."""
        return JsonResponse(pool.usage(self.data.pool()))


class CatalogView(ApiView):
    """Products with category and price, 20 per page."""

    async def get(self, request: HttpRequest) -> HttpResponse:
        """Return the page; 400 if it is not a number above 0, 404 past the end."""
        page = checked(catalog.CatalogForm(request.GET))["page"]
        products = await self.data.catalog(*catalog.rows_of(page))
        return catalog.rendered(request, page, products)
