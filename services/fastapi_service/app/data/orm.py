"""The data through SQLAlchemy's asynchronous sessions."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import asyncpg
from sqlalchemy import CursorResult, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.attributes import flag_modified
from sqlalchemy.orm.exc import StaleDataError

from ..settings import Settings
from .access import UsernameTakenError, containing
from .models import Account, Category, Product, Review, Sale, User


@asynccontextmanager
async def open_shop(settings: Settings) -> AsyncIterator["OrmShop"]:
    """Every connection open."""
    engine = create_async_engine(
        "postgresql+asyncpg://",
        # The whole URL to the driver, which reads what SQLAlchemy does not: sslmode and the like.
        async_creator=partial(asyncpg.connect, settings.database_url),
        pool_size=settings.database_connections,
        max_overflow=0,
    )
    try:
        await _fill_pool(engine, settings.database_connections)
        # An answer is made of committed objects: reading them again would be one more statement.
        yield OrmShop(async_sessionmaker(engine, expire_on_commit=False))
    finally:
        await engine.dispose()


@dataclass(frozen=True, slots=True)
class OrmShop:
    """A session per call."""

    sessions: async_sessionmaker[AsyncSession]

    async def users(self, after: int, limit: int) -> list[User]:
        page = select(User).where(User.id > after).order_by(User.id).limit(limit)
        async with self.sessions() as session:
            return list(await session.scalars(page))

    async def user_with_orders(self, user_id: int) -> User | None:
        async with self.sessions() as session:
            return await session.get(User, user_id, options=[selectinload(User.orders)])

    async def create_user(self, values: dict[str, Any]) -> User:
        user = User(**values)
        async with self.sessions() as session:
            session.add(user)
            with _names_stay_unique():
                await session.commit()
        return user

    async def update_user(self, user_id: int, values: dict[str, Any]) -> User | None:
        async with self.sessions() as session:
            user = await session.get(User, user_id)
            if user is None:
                return None
            for name, value in values.items():
                setattr(user, name, value)
                # Without it SQLAlchemy leaves out what did not change: a PUT writes, as in SQL.
                flag_modified(user, name)
            try:
                with _names_stay_unique():
                    await session.commit()
            except StaleDataError:  # deleted by someone else since it was read
                return None
        return user

    async def delete_user(self, user_id: int) -> bool:
        # By statement: session.delete() would read the user and its orders first.
        statement = delete(User).where(User.id == user_id)
        async with self.sessions() as session:
            done = await session.execute(
                statement, execution_options={"synchronize_session": False}
            )
            await session.commit()
        return cast("CursorResult[Any]", done).rowcount == 1

    async def search(self, text: str, limit: int) -> dict[str, list[Any]]:
        named = select(Product).where(Product.name.ilike(containing(text)))
        products = named.order_by(Product.id).limit(limit)
        categories = select(Category).order_by(Category.id)
        reviews = select(Review).order_by(Review.id.desc()).limit(limit)
        # In turn: one connection runs one statement at a time.
        async with self.sessions() as session:
            return {
                "products": list(await session.scalars(products)),
                "categories": list(await session.scalars(categories)),
                "reviews": list(await session.scalars(reviews)),
            }

    async def catalog(self, offset: int, limit: int) -> list[Product]:
        with_category = select(Product).options(joinedload(Product.category, innerjoin=True))
        page = with_category.order_by(Product.id).offset(offset).limit(limit)
        async with self.sessions() as session:
            return list(await session.scalars(page))

    async def account(self, username: str) -> dict[str, Any] | None:
        async with self.sessions() as session:
            found = await session.scalar(select(Account).where(Account.username == username))
        if found is None:
            return None
        return {"username": found.username, "password_hash": found.password_hash}

    async def count_users(self) -> int:
        async with self.sessions() as session:
            return await session.scalar(select(func.count()).select_from(User)) or 0

    async def sales_of_last_days(self, days: int) -> list[Any]:
        last = select(func.max(Sale.date)).scalar_subquery()
        by_day = (
            select(Sale.date, func.count().label("orders"), func.sum(Sale.amount).label("total"))
            .where(Sale.date > last - days)
            .group_by(Sale.date)
            .order_by(Sale.date)
        )
        async with self.sessions() as session:
            return list(await session.execute(by_day))


async def _fill_pool(engine: AsyncEngine, size: int) -> None:
    """Connections that are open at once and then given back are what the pool keeps."""
    connections = [await engine.connect() for _ in range(size)]
    for connection in connections:
        await connection.close()


@contextmanager
def _names_stay_unique() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) == asyncpg.UniqueViolationError.sqlstate:
            raise UsernameTakenError from error
        raise
