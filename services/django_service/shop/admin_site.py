"""The admin with this service's rules for signing in and for pages."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse

from shop.forms import AdminSignInForm
from shop.page_headers import add_page_headers, page


class ShopAdminSite(AdminSite):
    """Django's own."""

    login_form = AdminSignInForm

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """A view for staff, which is a page."""
        return page(super().admin_view(view, cacheable))

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form, which is a page as well."""
        return add_page_headers(super().login(request, extra_context))
