"""The catalogue: the requested page and its rendering."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from shop.fields import DigitsField
from shop.page_headers import add_page_headers
from shop.sizes import CATALOG_PAGE

# Far beyond any catalogue; its offset still fits PostgreSQL's bigint.
LAST_PAGE = 2**31


class CatalogForm(forms.Form):
    """Number of a page of the catalogue."""

    page = DigitsField(min_value=1)

    def __init__(self, query: QueryDict) -> None:
        # An empty value is an error; only a missing one gets the default.
        super().__init__({"page": 1} | query.dict())


def rows_of(page: int) -> tuple[int, int]:
    """Return the offset of the page and how many products to read.

    One extra is read to see whether another page follows.
    """
    return (min(page, LAST_PAGE) - 1) * CATALOG_PAGE, CATALOG_PAGE + 1


def rendered(request: HttpRequest, page: int, products: Sequence[Any]) -> HttpResponse:
    """Return the page with the products that were read for it; Http404 past the end."""
    if not products:
        raise Http404
    following = page + 1 if len(products) > CATALOG_PAGE else 0
    context = {"page": page, "previous": page - 1, "following": following}
    context |= {"products": products[:CATALOG_PAGE]}
    return add_page_headers(render(request, "shop/catalog.html", context))
