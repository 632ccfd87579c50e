"""Routes that Django keeps: the catalogue, the pages of the session, the admin."""

from config.urls import handler400, handler403, handler404, handler500  # noqa: F401
from django.contrib import admin
from django.urls import include, path
from plain_api.urls import data, views

urlpatterns = [
    path("catalog", views.CatalogView.as_view(data=data), name="catalog"),
    path("", include("shop.urls")),
    path("admin/", admin.site.urls),
]
