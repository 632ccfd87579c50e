"""The admin for the shared tables."""

from django.contrib import admin

from shop.models import Account, Category, Order, Product, Review, Sale, User


class LargeTableAdmin(admin.ModelAdmin):
    """Admin for tables too long to be counted twice or shown as drop-downs."""

    show_full_result_count = False
    ordering = ("id",)


@admin.register(User)
class UserAdmin(LargeTableAdmin):
    list_display = ("id", "username", "email", "age")
    search_fields = ("username__ilike",)


@admin.register(Order)
class OrderAdmin(LargeTableAdmin):
    list_display = ("id", "user", "status", "total", "created_at")
    list_select_related = ("user",)
    list_filter = ("status",)
    raw_id_fields = ("user",)


@admin.register(Account)
class AccountAdmin(admin.ModelAdmin):
    list_display = ("username", "is_staff")
    search_fields = ("username__ilike",)
    fields = ("username", "is_staff")
    readonly_fields = ("username",)

    def has_add_permission(self, request: object) -> bool:
        """Return False: an account needs a password, which this form does not have."""
        return False


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    list_display = ("id", "name")


@admin.register(Product)
class ProductAdmin(LargeTableAdmin):
    list_display = ("id", "name", "category", "price")
    list_select_related = ("category",)
    list_filter = ("category",)
    search_fields = ("name__ilike",)


@admin.register(Review)
class ReviewAdmin(LargeTableAdmin):
    list_display = ("id", "product", "rating", "created_at")
    list_select_related = ("product",)
    list_filter = ("rating",)
    raw_id_fields = ("product",)


@admin.register(Sale)
class SaleAdmin(LargeTableAdmin):
    list_display = ("id", "product", "date", "quantity", "amount")
    list_select_related = ("product",)
    raw_id_fields = ("product",)
