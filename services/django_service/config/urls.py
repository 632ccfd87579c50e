"""Routes: the API in the chosen style, and the pages that both styles share."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include(f"{settings.API_APP}.urls")),
    path("", include("shop.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "shop.errors.bad_request"
handler403 = "shop.errors.forbidden"
handler404 = "shop.errors.not_found"
handler500 = "shop.errors.server_error"
