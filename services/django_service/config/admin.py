"""Choice of the admin site."""

from django.contrib.admin.apps import AdminConfig


class ShopAdminConfig(AdminConfig):
    """Django's admin with the shop's site."""

    default_site = "shop.admin_site.ShopAdminSite"
