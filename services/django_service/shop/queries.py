"""What both styles of API ask of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError
from django.db.models import Count, DateField, ExpressionWrapper, QuerySet, Subquery, Sum
from django.http import Http404
from django.shortcuts import get_object_or_404
from psycopg.errors import UniqueViolation

from shop.models import Category, Product, Review, Sale, User

INT4_MAX = 2**31 - 1
CATALOG_PAGE = 20
SEARCH_ROWS = 20
SALES_DAYS = 7
# Far past any catalogue, and its offset still fits PostgreSQL's bigint.
LAST_PAGE = 2**31


class UsernameTakenError(Exception):
    """Another user has this name already."""


@contextmanager
def _naming_taken_username() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            raise UsernameTakenError from error
        raise


def users_page(after: int, limit: int) -> tuple[list[User], int | None]:
    """Up to `limit` users behind the id `after`, and the last one's id if more follow."""
    # Beyond the column's range Django would answer by itself, without asking the database.
    behind = User.objects.filter(id__gt=min(after, INT4_MAX))
    users = list(behind.order_by("id")[: limit + 1])
    if len(users) <= limit:
        return users, None
    return users[:limit], users[limit - 1].id


def get_user(user_id: int) -> User:
    """The user; Http404 if there is none."""
    return get_object_or_404(User, pk=user_id)


def create_user(fields: dict[str, Any]) -> User:
    """Insert a user; UsernameTakenError if the name is another's."""
    with _naming_taken_username():
        return User.objects.create(**fields)


def replace_user(user_id: int, fields: dict[str, Any]) -> User:
    """Overwrite a user; Http404, UsernameTakenError."""
    user = get_user(user_id)
    # update() and not save(): a user who was deleted in between is not an error of ours.
    with _naming_taken_username():
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


def catalog_page(page: int) -> tuple[list[Product], bool]:
    """The page's products with their categories, and whether a page follows."""
    start = (min(page, LAST_PAGE) - 1) * CATALOG_PAGE
    products = Product.objects.select_related("category").order_by("id")
    rows = list(products[start : start + CATALOG_PAGE + 1])
    return rows[:CATALOG_PAGE], len(rows) > CATALOG_PAGE
