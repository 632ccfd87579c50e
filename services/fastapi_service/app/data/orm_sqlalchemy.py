"""Data access with SQLAlchemy's asynchronous sessions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import asyncpg
from sqlalchemy import CursorResult
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import flag_modified
from sqlalchemy.orm.exc import StaleDataError

from ..settings import Settings
from . import selects
from .pool_use import Counter, PoolUse
from .sqlalchemy_models import Product, User
from .sqlalchemy_pools import AsyncCountingPool


@asynccontextmanager
async def open_shop(settings: Settings) -> AsyncIterator["OrmShop"]:
    """Open the data access with all connections open."""
    engine = _engine(settings)
    try:
        await _fill_pool(engine, settings.database_connections)
        counter = engine.pool.counter = Counter()  # filling the pool does not count
        # Responses use committed objects: reading them again would be one more statement.
        yield OrmShop(async_sessionmaker(engine, expire_on_commit=False), counter)
    finally:
        await engine.dispose()


@dataclass(frozen=True, slots=True)
class OrmShop:
    """A session per call."""

    sessions: async_sessionmaker[AsyncSession]
    counter: Counter

    def pool_use(self) -> PoolUse:
        return self.counter.use()

    async def users(self, after: int, limit: int) -> list[User]:
        async with self.sessions() as session:
            return list(await session.scalars(selects.users(after, limit)))

    async def user_with_orders(self, user_id: int) -> User | None:
        async with self.sessions() as session:
            return await session.get(User, user_id, options=[selectinload(User.orders)])

    async def create_user(self, values: dict[str, Any]) -> User:
        user = User(**values)
        async with self.sessions() as session:
            session.add(user)
            with selects.names_stay_unique():
                await session.commit()
        return user

    async def update_user(self, user_id: int, values: dict[str, Any]) -> User | None:
        async with self.sessions() as session:
            user = await session.get(User, user_id)
            if user is None:
                return None
            for name, value in values.items():
                setattr(user, name, value)
                # Otherwise SQLAlchemy omits unchanged columns; a PUT always writes, as in SQL.
                flag_modified(user, name)
            try:
                with selects.names_stay_unique():
                    await session.commit()
            except StaleDataError:  # deleted by another request since it was read
                return None
        return user

    async def delete_user(self, user_id: int) -> bool:
        async with self.sessions() as session:
            done = await session.execute(selects.without_user(user_id))
            await session.commit()
        return cast("CursorResult[Any]", done).rowcount == 1

    async def search(self, text: str, limit: int) -> dict[str, list[Any]]:
        # In turn: one connection runs one statement at a time.
        async with self.sessions() as session:
            return {
                "products": list(await session.scalars(selects.products(text, limit))),
                "categories": list(await session.scalars(selects.categories())),
                "reviews": list(await session.scalars(selects.reviews(limit))),
            }

    async def catalog(self, offset: int, limit: int) -> list[Product]:
        async with self.sessions() as session:
            return list(await session.scalars(selects.catalog(offset, limit)))

    async def account(self, username: str) -> dict[str, Any] | None:
        async with self.sessions() as session:
            found = await session.scalar(selects.account(username))
        if found is None:
            return None
        return {"username": found.username, "password_hash": found.password_hash}

    async def count_users(self) -> int:
        async with self.sessions() as session:
            return await session.scalar(selects.count_users()) or 0

    async def sales_of_last_days(self, days: int) -> list[Any]:
        async with self.sessions() as session:
            return list(await session.execute(selects.sales_by_day(days)))


def _engine(settings: Settings) -> AsyncEngine:
    _, _, location = settings.database_url.partition("://")
    pool = {
        "poolclass": AsyncCountingPool,
        "pool_size": settings.database_connections,
        "max_overflow": 0,
    }
    if settings.driver == "psycopg":
        return create_async_engine(f"postgresql+psycopg://{location}", **pool)
    # asyncpg gets the whole URL: it reads options that SQLAlchemy does not, such as sslmode.
    connect = partial(asyncpg.connect, settings.database_url)
    return create_async_engine("postgresql+asyncpg://", async_creator=connect, **pool)


async def _fill_pool(engine: AsyncEngine, size: int) -> None:
    """Fill the pool: it keeps connections that were open at the same time and then returned."""
    connections = [await engine.connect() for _ in range(size)]
    for connection in connections:
        await connection.close()
