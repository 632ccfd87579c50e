"""What is asked of the database through the ORM. A QuerySet asks when it is read, which may be
in a thread or, by `async for`, in an event loop."""

from typing import Any

from django.db import DataError
from django.db.models import Count, DateField, ExpressionWrapper, QuerySet, Subquery, Sum
from django.http import Http404
from django.shortcuts import get_object_or_404

from shop.models import Account, Category, Product, Review, Sale, User
from shop.names import kept_unique
from shop.sizes import INT4_MAX, SALES_DAYS, SEARCH_ROWS

# Names that PostgreSQL cannot hold, with NUL or a lone surrogate, belong to no account either.
NO_ACCOUNT = (Account.DoesNotExist, DataError, UnicodeEncodeError)


def users_behind(after: int, limit: int) -> QuerySet[User]:
    """Up to `limit` users behind the id `after`, by id."""
    # Beyond the column's range Django would answer by itself, without asking the database.
    return User.objects.filter(id__gt=min(after, INT4_MAX)).order_by("id")[:limit]


def get_user(user_id: int) -> User:
    """The user; Http404 if there is none."""
    return get_object_or_404(User, pk=user_id)


def create_user(fields: dict[str, Any]) -> User:
    """Insert a user; UsernameTakenError if the name is another's."""
    with kept_unique():
        return User.objects.create(**fields)


def replace_user(user_id: int, fields: dict[str, Any]) -> User:
    """Overwrite a user; Http404, UsernameTakenError."""
    user = get_user(user_id)
    # update() and not save(): a user who was deleted in between is not an error of ours.
    with kept_unique():
        if not User.objects.filter(pk=user_id).update(**fields):
            raise Http404
    for name, value in fields.items():
        setattr(user, name, value)
    return user


def delete_user(user_id: int) -> None:
    """Delete a user, whose orders the database deletes too; Http404."""
    # The instance's delete() is one statement; the queryset's adds BEGIN and COMMIT.
    deleted, _ = User(pk=user_id).delete()
    if not deleted:
        raise Http404


def products_named(text: str) -> QuerySet[Product]:
    """The first products with this text in their names, whatever its case."""
    return Product.objects.filter(name__ilike=text).order_by("id")[:SEARCH_ROWS]


def all_categories() -> QuerySet[Category]:
    """Every category by id."""
    return Category.objects.order_by("id")


def latest_reviews() -> QuerySet[Review]:
    """The newest reviews, newest first."""
    return Review.objects.order_by("-id")[:SEARCH_ROWS]


def last_days_sales() -> QuerySet[Sale, dict[str, Any]]:
    """Date, number of orders and total of each of the last seven days that have sales."""
    newest = Subquery(Sale.objects.order_by("-date").values("date")[:1])
    horizon = ExpressionWrapper(newest - SALES_DAYS, output_field=DateField())
    days = Sale.objects.filter(date__gt=horizon).values("date")
    return days.annotate(orders=Count("*"), total=Sum("amount")).order_by("date")


def count_users() -> int:
    """How many users there are."""
    return User.objects.count()


def catalog(offset: int, limit: int) -> QuerySet[Product]:
    """Products with their categories, by id."""
    return Product.objects.select_related("category").order_by("id")[offset : offset + limit]


def find_account(username: str) -> Account | None:
    """The account of that name."""
    try:
        return Account.objects.get(username=username)
    except NO_ACCOUNT:
        return None
