"""The shop: models on the shared database, and what both styles of API ask of them."""

from django.apps import AppConfig
from django.db.models import CharField

from shop.lookups import ILike


class ShopConfig(AppConfig):
    """Makes `name__ilike` known to every text field."""

    name = "shop"

    def ready(self) -> None:
        """Register the lookup."""
        CharField.register_lookup(ILike)
