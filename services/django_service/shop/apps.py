"""The shop: models of the shared database, and the queries of both styles of API."""

from django.apps import AppConfig
from django.db.models import CharField

from shop.lookups import ILike


class ShopConfig(AppConfig):
    """Registers the lookup `name__ilike` for all text fields."""

    name = "shop"

    def ready(self) -> None:
        """Register the lookup."""
        CharField.register_lookup(ILike)
