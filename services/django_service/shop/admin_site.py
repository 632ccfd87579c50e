"""The admin with this service's sign-in form and page headers."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse

from shop.forms import AdminSignInForm
from shop.page_headers import add_page_headers, page


class ShopAdminSite(AdminSite):
    """Django's admin site with our form and headers."""

    login_form = AdminSignInForm

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Return a view for staff with page headers."""
        return page(super().admin_view(view, cacheable))

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Return the sign-in form with page headers."""
        return add_page_headers(super().login(request, extra_context))
