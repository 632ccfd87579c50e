"""The shop: models on the shared database, and what both styles of API ask of them."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Registers the lookups once the models can be loaded."""

    name = "shop"

    def ready(self) -> None:
        """Make `name__ilike` known to every text field."""
        from django.db.models import CharField  # noqa: PLC0415

        from shop.lookups import ILike  # noqa: PLC0415

        CharField.register_lookup(ILike)
