"""The data through SQLAlchemy's sessions."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import CursorResult, Engine, create_engine
from sqlalchemy.orm import Session, selectinload, sessionmaker
from sqlalchemy.orm.attributes import flag_modified
from sqlalchemy.orm.exc import StaleDataError

from ...data import selects
from ...data.pool_use import Counter, PoolUse
from ...data.sqlalchemy_models import Product, User
from ...data.sqlalchemy_pools import CountingPool
from ...settings import Settings


@contextmanager
def open_shop(settings: Settings) -> Iterator["OrmShop"]:
    """Open the data access with all connections open."""
    engine = _engine(settings)
    try:
        _fill_pool(engine, settings.database_connections)
        counter = engine.pool.counter = Counter()  # filling the pool does not count
        # Responses use committed objects: reading them again would be one more statement.
        yield OrmShop(sessionmaker(engine, expire_on_commit=False), counter)
    finally:
        engine.dispose()


@dataclass(frozen=True, slots=True)
class OrmShop:
    """A session per call."""

    sessions: sessionmaker[Session]
    counter: Counter

    def pool_use(self) -> PoolUse:
        return self.counter.use()

    def users(self, after: int, limit: int) -> list[User]:
        with self.sessions() as session:
            return list(session.scalars(selects.users(after, limit)))

    def user_with_orders(self, user_id: int) -> User | None:
        with self.sessions() as session:
            return session.get(User, user_id, options=[selectinload(User.orders)])

    def create_user(self, values: dict[str, Any]) -> User:
        user = User(**values)
        with self.sessions() as session:
            session.add(user)
            with selects.names_stay_unique():
                session.commit()
        return user

    def update_user(self, user_id: int, values: dict[str, Any]) -> User | None:
        with self.sessions() as session:
            user = session.get(User, user_id)
            if user is None:
                return None
            for name, value in values.items():
                setattr(user, name, value)
                # Otherwise SQLAlchemy omits unchanged columns; a PUT always writes, as in SQL.
                flag_modified(user, name)
            try:
                with selects.names_stay_unique():
                    session.commit()
            except StaleDataError:  # deleted by another request since it was read
                return None
        return user

    def delete_user(self, user_id: int) -> bool:
        with self.sessions() as session:
            done = session.execute(selects.without_user(user_id))
            session.commit()
        return cast("CursorResult[Any]", done).rowcount == 1

    def search(self, text: str, limit: int) -> dict[str, list[Any]]:
        # In turn: one connection runs one statement at a time.
        with self.sessions() as session:
            return {
                "products": list(session.scalars(selects.products(text, limit))),
                "categories": list(session.scalars(selects.categories())),
                "reviews": list(session.scalars(selects.reviews(limit))),
            }

    def catalog(self, offset: int, limit: int) -> list[Product]:
        with self.sessions() as session:
            return list(session.scalars(selects.catalog(offset, limit)))

    def account(self, username: str) -> dict[str, Any] | None:
        with self.sessions() as session:
            found = session.scalar(selects.account(username))
        if found is None:
            return None
        return {"username": found.username, "password_hash": found.password_hash}

    def count_users(self) -> int:
        with self.sessions() as session:
            return session.scalar(selects.count_users()) or 0

    def sales_of_last_days(self, days: int) -> list[Any]:
        with self.sessions() as session:
            return list(session.execute(selects.sales_by_day(days)))


def _engine(settings: Settings) -> Engine:
    _, _, location = settings.database_url.partition("://")
    return create_engine(
        f"postgresql+psycopg://{location}",
        poolclass=CountingPool,
        pool_size=settings.database_connections,
        max_overflow=0,
    )


def _fill_pool(engine: Engine, size: int) -> None:
    """Fill the pool: it keeps connections that were open at the same time and then returned."""
    connections = [engine.connect() for _ in range(size)]
    for connection in connections:
        connection.close()
