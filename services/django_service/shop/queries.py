"""Queries with the ORM. A QuerySet is executed when it is read, in a thread or, with `async for`,
in an event loop."""

from typing import Any

from django.db import DataError
from django.db.models import Count, DateField, ExpressionWrapper, QuerySet, Subquery, Sum
from django.http import Http404
from django.shortcuts import get_object_or_404

from shop.models import Account, Category, Product, Review, Sale, User
from shop.names import kept_unique
from shop.sizes import INT4_MAX, SALES_DAYS, SEARCH_ROWS

# Names that PostgreSQL cannot store (NUL, lone surrogates) belong to no account.
NO_ACCOUNT = (Account.DoesNotExist, DataError, UnicodeEncodeError)


def users_behind(after: int, limit: int) -> QuerySet[User]:
    """Return up to `limit` users with ids above `after`, by id."""
    # Beyond the column's range, Django would return nothing without a query.
    return User.objects.filter(id__gt=min(after, INT4_MAX)).order_by("id")[:limit]


def get_user(user_id: int) -> User:
    """Return the user; Http404 if there is none."""
    return get_object_or_404(User, pk=user_id)


def create_user(fields: dict[str, Any]) -> User:
    """Insert a user; UsernameTakenError if another user has the name."""
    with kept_unique():
        return User.objects.create(**fields)


def replace_user(user_id: int, fields: dict[str, Any]) -> User:
    """Overwrite a user; Http404, UsernameTakenError."""
    user = get_user(user_id)
    # update(), not save(): a user that was deleted meanwhile is not an error of the service.
    with kept_unique():
        if not User.objects.filter(pk=user_id).update(**fields):
            raise Http404
    for name, value in fields.items():
        setattr(user, name, value)
    return user


def delete_user(user_id: int) -> None:
    """Delete a user; the database deletes its orders. Http404."""
    # The instance's delete() is one statement; the queryset's adds BEGIN and COMMIT.
    deleted, _ = User(pk=user_id).delete()
    if not deleted:
        raise Http404


def products_named(text: str) -> QuerySet[Product]:
    """Return the first products with this text in their names, ignoring case."""
    return Product.objects.filter(name__ilike=text).order_by("id")[:SEARCH_ROWS]


def all_categories() -> QuerySet[Category]:
    """Return all categories by id."""
    return Category.objects.order_by("id")


def latest_reviews() -> QuerySet[Review]:
    """Return the newest reviews, newest first."""
    return Review.objects.order_by("-id")[:SEARCH_ROWS]


def last_days_sales() -> QuerySet[Sale, dict[str, Any]]:
    """Return date, number of orders and total of each of the last seven days with sales."""
    newest = Subquery(Sale.objects.order_by("-date").values("date")[:1])
    horizon = ExpressionWrapper(newest - SALES_DAYS, output_field=DateField())
    days = Sale.objects.filter(date__gt=horizon).values("date")
    return days.annotate(orders=Count("*"), total=Sum("amount")).order_by("date")


def count_users() -> int:
    """Return the number of users."""
    return User.objects.count()


def catalog(offset: int, limit: int) -> QuerySet[Product]:
    """Return products with their categories, by id."""
    return Product.objects.select_related("category").order_by("id")[offset : offset + limit]


def find_account(username: str) -> Account | None:
    """Return the account of that name."""
    try:
        return Account.objects.get(username=username)
    except NO_ACCOUNT:
        return None
