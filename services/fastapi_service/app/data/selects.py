"""The statements in SQLAlchemy, and its error for a name that is taken."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Delete, Select, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from .access import UsernameTakenError, containing
from .sqlalchemy_models import Account, Category, Product, Review, Sale, User

UNIQUE_VIOLATION = "23505"  # the SQLSTATE, available from every driver


def users(after: int, limit: int) -> Select[User]:
    return select(User).where(User.id > after).order_by(User.id).limit(limit)


def without_user(user_id: int) -> Delete:
    """Return a DELETE statement: session.delete() would first read the user and its orders."""
    statement = delete(User).where(User.id == user_id)
    return statement.execution_options(synchronize_session=False)


def products(text: str, limit: int) -> Select[Product]:
    named = select(Product).where(Product.name.ilike(containing(text)))
    return named.order_by(Product.id).limit(limit)


def categories() -> Select[Category]:
    return select(Category).order_by(Category.id)


def reviews(limit: int) -> Select[Review]:
    return select(Review).order_by(Review.id.desc()).limit(limit)


def catalog(offset: int, limit: int) -> Select[Product]:
    with_category = select(Product).options(joinedload(Product.category, innerjoin=True))
    return with_category.order_by(Product.id).offset(offset).limit(limit)


def account(username: str) -> Select[Account]:
    return select(Account).where(Account.username == username)


def count_users() -> Select[int]:
    return select(func.count()).select_from(User)


def sales_by_day(days: int) -> Select[*tuple[Any, ...]]:
    last = select(func.max(Sale.date)).scalar_subquery()
    return (
        select(Sale.date, func.count().label("orders"), func.sum(Sale.amount).label("total"))
        .where(Sale.date > last - days)
        .group_by(Sale.date)
        .order_by(Sale.date)
    )


@contextmanager
def names_stay_unique() -> Iterator[None]:
    """Raise UsernameTakenError if the database rejects a name."""
    try:
        yield
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) == UNIQUE_VIOLATION:
            raise UsernameTakenError from error
        raise
