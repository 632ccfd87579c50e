"""Pages that people read: the catalogue and the account."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt

from shop import queries
from shop.errors import JsonErrorsView
from shop.fields import DigitsField


class CatalogQuery(forms.Form):
    """Which page of the catalogue."""

    page = DigitsField(min_value=1)


# Exempt, so that a POST is told 405 and not that it lacks a CSRF token.
@method_decorator(csrf_exempt, name="dispatch")
class CatalogView(JsonErrorsView):
    """Products with category and price, twenty to a page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page; 400 if it is not a number above 0, 404 past the end."""
        query = CatalogQuery({"page": 1} | request.GET.dict())
        if not query.is_valid():
            return JsonResponse(query.errors, status=400)
        page = query.cleaned_data["page"]
        products, more = queries.catalog_page(page)
        if not products:
            raise Http404
        context = {"page": page, "products": products}
        context |= {"previous": page - 1, "following": page + 1 if more else 0}
        return render(request, "shop/catalog.html", context)


@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Who is signed in."""
    return render(request, "shop/account.html")
