"""The API as REST Framework views."""

from typing import Any

from django.contrib.auth import authenticate
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.parsers import FormParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from rest_api import serializers as s
from rest_api.authentication import BearerAuthentication
from shop import catalog, dashboard, pool, queries, tokens, tries
from shop.errors import JsonErrorsView
from shop.upstreams.blocking import answers_to
from shop.upstreams.questions import DASHBOARD, sources

INVALID = OpenApiResponse(
    OpenApiTypes.OBJECT, description="The invalid fields, each with its faults"
)
TAKEN = OpenApiResponse(OpenApiTypes.OBJECT, description="The username is taken")
NO_CONTENT = OpenApiResponse(description="Deleted")


def _checked(serializer: type[Serializer], data: Any) -> dict[str, Any]:
    """Return the validated data; ValidationError, which gives 400."""
    incoming = serializer(data=data)
    incoming.is_valid(raise_exception=True)
    return incoming.validated_data


class PingView(APIView):
    """Whether the service is running."""

    @extend_schema(responses=s.PingSerializer)
    def get(self, request: Request) -> Response:
        """Respond without a database query."""
        return Response({"ok": True})


class UserListView(APIView):
    """The users."""

    @extend_schema(
        operation_id="users_list",
        parameters=[s.UserPageQuery],
        responses={200: s.UserPageSerializer, 400: INVALID},
    )
    def get(self, request: Request) -> Response:
        """Return a page of users by id."""
        # As a dict: in a QueryDict, an empty value would count as missing and get the default.
        page = _checked(s.UserPageQuery, request.query_params.dict())
        limit = page["limit"]
        users = list(queries.users_behind(page["after"], limit + 1))
        following = users[limit - 1].id if len(users) > limit else None
        return Response(s.UserPageSerializer({"items": users[:limit], "next": following}).data)

    @extend_schema(
        request=s.UserSerializer,
        responses={201: s.UserSerializer, 400: INVALID, 409: TAKEN, 413: s.ErrorSerializer},
    )
    def post(self, request: Request) -> Response:
        """Create a user."""
        user = queries.create_user(_checked(s.UserSerializer, request.data))
        return Response(s.UserSerializer(user).data, status=status.HTTP_201_CREATED)


class UserDetailView(APIView):
    """One user."""

    @extend_schema(responses={200: s.UserDetailSerializer, 404: s.ErrorSerializer})
    def get(self, request: Request, user_id: int) -> Response:
        """Return the user with its orders, oldest first."""
        return Response(s.UserDetailSerializer(queries.get_user(user_id)).data)

    @extend_schema(
        request=s.UserSerializer,
        responses={
            200: s.UserSerializer,
            400: INVALID,
            404: s.ErrorSerializer,
            409: TAKEN,
            413: s.ErrorSerializer,
        },
    )
    def put(self, request: Request, user_id: int) -> Response:
        """Replace the user."""
        user = queries.replace_user(user_id, _checked(s.UserSerializer, request.data))
        return Response(s.UserSerializer(user).data)

    @extend_schema(responses={204: NO_CONTENT, 404: s.ErrorSerializer})
    def delete(self, request: Request, user_id: int) -> Response:
        """Delete the user and its orders."""
        queries.delete_user(user_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SearchView(APIView):
    """Search for products."""

    @extend_schema(parameters=[s.SearchQuery], responses={200: s.SearchSerializer, 400: INVALID})
    def get(self, request: Request) -> Response:
        """Return products with the text in their names, all categories and the latest reviews."""
        text = _checked(s.SearchQuery, request.query_params)["q"]
        found = {
            "products": queries.products_named(text),
            "categories": queries.all_categories(),
            "reviews": queries.latest_reviews(),
        }
        return Response(s.SearchSerializer(found).data)


class TokenView(APIView):
    """Sign-in."""

    parser_classes = (FormParser,)

    @extend_schema(
        request=s.CredentialsSerializer,
        responses={
            200: s.TokenSerializer,
            400: INVALID,
            401: s.ErrorSerializer,
            413: s.ErrorSerializer,
            429: s.ErrorSerializer,
        },
    )
    def post(self, request: Request) -> Response:
        """Return a bearer token for a username and a password."""
        credentials = _checked(s.CredentialsSerializer, request.data)
        tries.count(credentials["username"])
        account = authenticate(request, **credentials)
        if account is None:
            raise AuthenticationFailed("Incorrect username or password.")
        tries.forget(account.username)
        return Response(tokens.issue(account.username))

    def get_authenticate_header(self, request: Request) -> str:
        """Return the scheme; without it, REST Framework makes the 401 a 403."""
        return "Bearer"


class DashboardView(APIView):
    """The dashboard, for signed-in accounts."""

    authentication_classes = (BearerAuthentication,)
    permission_classes = (IsAuthenticated,)

    @extend_schema(responses={200: s.DashboardSerializer, 401: s.ErrorSerializer})
    def get(self, request: Request) -> Response:
        """Return the number of users, the last week's sales, inventory and analytics."""
        users, sales = queries.count_users(), list(queries.last_days_sales())
        stats = dashboard.stats(users, sales, answers_to(DASHBOARD))
        return Response(s.DashboardSerializer(stats).data)


class SourcesView(APIView):
    """Sources with a delay each."""

    @extend_schema(parameters=[s.SourcesQuery], responses={200: s.SourcesSerializer, 400: INVALID})
    def get(self, request: Request) -> Response:
        """Return the value of each source."""
        questions = sources(**_checked(s.SourcesQuery, request.query_params.dict()))
        return Response(s.SourcesSerializer({"sources": list(answers_to(questions))}).data)


class PoolView(APIView):
    """The pool of database connections."""

    @extend_schema(responses=s.PoolSerializer)
    def get(self, request: Request) -> Response:
        """Return its counts since the process started."""
        return Response(s.PoolSerializer(pool.usage(connection.pool)).data)


# Exempt: a POST gets 405 and not an error about its CSRF token.
@method_decorator(csrf_exempt, name="dispatch")
class CatalogView(JsonErrorsView):
    """Products with category and price, 20 per page; an HTML page, hence a plain Django view."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the page; 400 if it is not a number above 0, 404 past the end."""
        query = catalog.CatalogForm(request.GET)
        if not query.is_valid():
            return JsonResponse(query.errors, status=400)
        page = query.cleaned_data["page"]
        return catalog.rendered(request, page, queries.catalog(*catalog.rows_of(page)))
