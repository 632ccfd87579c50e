"""Routes of the API, the catalogue, the API's document and its page."""

from django.conf import settings
from django.urls import path, register_converter

from plain_api.converters import UserIdConverter
from plain_api.data import data
from plain_api.document import DocsView, DocumentView

if settings.CONCURRENCY == "async":
    from plain_api import async_views as views
else:
    from plain_api import views

register_converter(UserIdConverter, "user_id")

urlpatterns = [
    path("ping", views.PingView.as_view()),
    path("users", views.UserListView.as_view(data=data)),
    path("users/<user_id:user_id>", views.UserDetailView.as_view(data=data)),
    path("products/search", views.SearchView.as_view(data=data)),
    path("token", views.TokenView.as_view(data=data)),
    path("dashboard/stats", views.DashboardView.as_view(data=data)),
    path("sources", views.SourcesView.as_view()),
    path("pool", views.PoolView.as_view(data=data)),
    path("catalog", views.CatalogView.as_view(data=data), name="catalog"),
    path("openapi.json", DocumentView.as_view(), name="openapi"),
    path("docs", DocsView.as_view()),
]
