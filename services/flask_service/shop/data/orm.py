"""Data access with Flask-SQLAlchemy's session."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from flask import Flask
from psycopg.errors import UniqueViolation
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import flag_modified
from sqlalchemy.orm.exc import StaleDataError

from ..config import Settings
from ..models import Account, Category, Product, Review, Sale, User, db
from .access import UsernameTakenError, containing
from .counting_pool import CountingPool

value = getattr


def init_app(app: Flask, settings: Settings) -> None:
    """Bind the session to a pool, and fill the pool before the first request."""
    _, _, location = settings.database_url.partition("://")
    app.config["SQLALCHEMY_DATABASE_URI"] = f"postgresql+psycopg://{location}"
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "poolclass": CountingPool,
        "pool_size": settings.database_connections,
        "max_overflow": 0,
    }
    db.init_app(app)
    with app.app_context():
        connections = [db.engine.connect() for _ in range(settings.database_connections)]
        for connection in connections:
            connection.close()
        _pool().reset()


def pool_use() -> dict[str, float]:
    return _pool().use()


def users(after: int, limit: int) -> list[User]:
    page = select(User).where(User.id > after).order_by(User.id).limit(limit)
    return list(db.session.scalars(page))


def user_with_orders(user_id: int) -> User | None:
    # The schema reads the orders with a second statement.
    return db.session.get(User, user_id)


def create_user(values: dict[str, Any]) -> User:
    user = User(**values)
    with _names_stay_unique():
        db.session.add(user)
        db.session.commit()
    return user


def update_user(user_id: int, values: dict[str, Any]) -> User | None:
    user = db.session.get(User, user_id)
    if user is None:
        return None
    for name, value in values.items():
        setattr(user, name, value)
        # Otherwise SQLAlchemy omits unchanged columns; a PUT always writes, as in SQL.
        flag_modified(user, name)
    try:
        with _names_stay_unique():
            db.session.commit()
    except StaleDataError:  # deleted by another request since it was read
        db.session.rollback()
        return None
    return user


def delete_user(user_id: int) -> bool:
    # A statement, because session.delete() would first read the user and its orders.
    statement = delete(User).where(User.id == user_id)
    result = db.session.execute(statement, execution_options={"synchronize_session": False})
    db.session.commit()
    return result.rowcount == 1


def search(text: str, limit: int) -> dict[str, list[Any]]:
    found = select(Product).where(Product.name.ilike(containing(text)))
    return {
        "products": list(db.session.scalars(found.order_by(Product.id).limit(limit))),
        "categories": list(db.session.scalars(select(Category).order_by(Category.id))),
        "reviews": list(db.session.scalars(select(Review).order_by(Review.id.desc()).limit(limit))),
    }


def catalog(offset: int, limit: int) -> list[Product]:
    with_category = select(Product).options(joinedload(Product.category, innerjoin=True))
    return list(db.session.scalars(with_category.order_by(Product.id).offset(offset).limit(limit)))


def account(username: str) -> dict[str, Any] | None:
    found = db.session.scalar(select(Account).where(Account.username == username))
    return found and {"username": found.username, "password_hash": found.password_hash}


def count_users() -> int:
    return db.session.scalar(select(func.count()).select_from(User))


def sales_of_last_days(days: int) -> list[dict[str, Any]]:
    last = select(func.max(Sale.date)).scalar_subquery()
    by_day = (
        select(Sale.date, func.count().label("orders"), func.sum(Sale.amount).label("total"))
        .where(Sale.date > last - days)
        .group_by(Sale.date)
        .order_by(Sale.date)
    )
    return [dict(day) for day in db.session.execute(by_day).mappings()]


def _pool() -> CountingPool:
    return cast(CountingPool, db.engine.pool)


@contextmanager
def _names_stay_unique() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        db.session.rollback()
        if isinstance(error.orig, UniqueViolation):
            raise UsernameTakenError from error
        raise
