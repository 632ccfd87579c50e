"""Which admin there is."""

from django.contrib.admin.apps import AdminConfig


class ShopAdminConfig(AdminConfig):
    """Django's admin, with a site of the shop's."""

    default_site = "shop.admin_site.ShopAdminSite"
