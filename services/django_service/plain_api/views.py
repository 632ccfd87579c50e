"""The API as Django's own views and JsonResponse."""

from pathlib import Path
from typing import Any

from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt

from plain_api import forms, records
from plain_api.incoming import FORM, RefusedError, checked, expect_type, json_object
from shop import dashboard, queries, tokens
from shop.errors import JsonErrorsView

BEARER = {"WWW-Authenticate": "Bearer"}
# Written by hand: Django itself generates no OpenAPI document.
DOCUMENT = Path(__file__).with_name("openapi.json").read_bytes()


@method_decorator(csrf_exempt, name="dispatch")
class ApiView(JsonErrorsView):
    """A view without session, hence without CSRF token, whose refusals are JSON."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The method's answer, or the refusal it raised."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except RefusedError as error:
            return error.response()
        except queries.UsernameTakenError:
            taken = {"username": ["A user with that username already exists."]}
            return JsonResponse(taken, status=409)


class PingView(ApiView):
    """Whether the service is alive."""

    def get(self, request: HttpRequest) -> JsonResponse:
        """Answer without touching the database."""
        return JsonResponse({"ok": True})


class UserListView(ApiView):
    """The users."""

    def get(self, request: HttpRequest) -> JsonResponse:
        """A page of users by id."""
        page = checked(forms.UserPageForm(request.GET))
        users, following = queries.users_page(**page)
        items = [records.user_record(user) for user in users]
        return JsonResponse({"items": items, "next": following})

    def post(self, request: HttpRequest) -> JsonResponse:
        """Create a user."""
        user = queries.create_user(checked(forms.UserForm(json_object(request))))
        return JsonResponse(records.user_record(user), status=201)


class UserDetailView(ApiView):
    """One user."""

    def get(self, request: HttpRequest, user_id: int) -> JsonResponse:
        """The user with the orders, oldest first."""
        return JsonResponse(records.user_detail_record(queries.get_user(user_id)))

    def put(self, request: HttpRequest, user_id: int) -> JsonResponse:
        """Replace the user."""
        fields = checked(forms.UserForm(json_object(request)))
        return JsonResponse(records.user_record(queries.replace_user(user_id, fields)))

    def delete(self, request: HttpRequest, user_id: int) -> HttpResponse:
        """Delete the user and the orders."""
        queries.delete_user(user_id)
        return HttpResponse(status=204)


class SearchView(ApiView):
    """The search for products."""

    def get(self, request: HttpRequest) -> JsonResponse:
        """Products with the text in their names, every category, the latest reviews."""
        text = checked(forms.SearchForm(request.GET))["q"]
        found = {
            "products": [records.product_record(p) for p in queries.products_named(text)],
            "categories": [records.category_record(c) for c in queries.all_categories()],
            "reviews": [records.review_record(r) for r in queries.latest_reviews()],
        }
        return JsonResponse(found)


class TokenView(ApiView):
    """Signing in."""

    def post(self, request: HttpRequest) -> JsonResponse:
        """A bearer token for a username and a password."""
        expect_type(request, FORM)
        account = authenticate(request, **checked(forms.CredentialsForm(request.POST)))
        if account is None:
            raise RefusedError(401, "Incorrect username or password.", BEARER)
        return JsonResponse(tokens.issue(account.username))


class DashboardView(ApiView):
    """The dashboard, for those who have signed in."""

    def get(self, request: HttpRequest) -> JsonResponse:
        """Users, the last week's sales, inventory and analytics."""
        try:
            tokens.account_of(request.headers.get("Authorization", ""))
        except tokens.InvalidTokenError as error:
            raise RefusedError(401, str(error), BEARER) from error
        return JsonResponse(dashboard.stats())


class DocumentView(ApiView):
    """The OpenAPI document."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The document as JSON."""
        return HttpResponse(DOCUMENT, content_type="application/json")


class DocsView(ApiView):
    """The interactive documentation."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Swagger's page, from files of our own."""
        return render(request, "plain_api/docs.html")
