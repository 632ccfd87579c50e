"""Routes of the API, the catalogue, the API's document and its page."""

from django.urls import path
from drf_spectacular.renderers import OpenApiJsonRenderer2
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerView

from rest_api import views
from shop.page_headers import DOCUMENT_HEADERS, page

document = SpectacularJSONAPIView.as_view(renderer_classes=[OpenApiJsonRenderer2])

urlpatterns = [
    path("ping", views.PingView.as_view()),
    path("users", views.UserListView.as_view()),
    path("users/<int:user_id>", views.UserDetailView.as_view()),
    path("products/search", views.SearchView.as_view()),
    path("token", views.TokenView.as_view()),
    path("dashboard/stats", views.DashboardView.as_view()),
    path("sources", views.SourcesView.as_view()),
    path("pool", views.PoolView.as_view()),
    path("catalog", views.CatalogView.as_view(), name="catalog"),
    path("openapi.json", document, name="openapi"),
    path("docs", page(SpectacularSwaggerView.as_view(url_name="openapi"), DOCUMENT_HEADERS)),
]
