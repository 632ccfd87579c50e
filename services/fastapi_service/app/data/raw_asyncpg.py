"""Data access with SQL and an asyncpg pool."""

import asyncio
import math
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any

import asyncpg

from ..settings import Settings
from . import sql
from .access import UsernameTakenError, containing
from .pool_use import Counter, PoolUse

Row = dict[str, Any]


@asynccontextmanager
async def open_shop(settings: Settings) -> AsyncIterator["RawShop"]:
    """Open the data access with all connections open."""
    kind = GatheringShop if settings.searches == "gather" else RawShop
    async with create_pool(settings.database_url, settings.database_connections) as pool:
        yield kind(pool)


def create_pool(url: str, connections: int) -> asyncpg.Pool:
    """Create a pool that never closes a connection, whatever its age or use."""
    return asyncpg.create_pool(
        url,
        min_size=connections,
        max_size=connections,
        max_inactive_connection_lifetime=0,
        max_queries=math.inf,  # one measurement exceeds asyncpg's default of 50,000
        max_cached_statement_lifetime=0,  # otherwise all are prepared again every five minutes
    )


@dataclass(frozen=True, slots=True)
class RawShop:
    """Each statement is its own transaction: no request writes with more than one."""

    pool: asyncpg.Pool
    counter: Counter = field(default_factory=Counter)

    def pool_use(self) -> PoolUse:
        return self.counter.use()

    async def users(self, after: int, limit: int) -> list[Row]:
        async with self._connection() as connection:
            return _dicts(await connection.fetch(sql.USERS, after, limit))

    async def user_with_orders(self, user_id: int) -> Row | None:
        async with self._connection() as connection:
            user = await connection.fetchrow(sql.USER, user_id)
            if user is None:
                return None
            orders = await connection.fetch(sql.ORDERS_OF_USER, user_id)
        return {**user, "orders": _dicts(orders)}

    async def create_user(self, values: Row) -> Row:
        username, email, age = values["username"], values["email"], values["age"]
        async with self._connection() as connection:
            try:
                user_id = await connection.fetchval(sql.CREATE_USER, username, email, age)
            except asyncpg.UniqueViolationError as error:
                raise UsernameTakenError from error
        return {"id": user_id, **values}

    async def update_user(self, user_id: int, values: Row) -> Row | None:
        username, email, age = values["username"], values["email"], values["age"]
        async with self._connection() as connection:
            if await connection.fetchrow(sql.USER, user_id) is None:
                return None
            try:
                done = await connection.execute(sql.UPDATE_USER, user_id, username, email, age)
            except asyncpg.UniqueViolationError as error:
                raise UsernameTakenError from error
        return {"id": user_id, **values} if done == "UPDATE 1" else None

    async def delete_user(self, user_id: int) -> bool:
        async with self._connection() as connection:
            done: str = await connection.execute(sql.DELETE_USER, user_id)
        return done == "DELETE 1"

    async def search(self, text: str, limit: int) -> dict[str, list[Row]]:
        # In turn: one connection runs one statement at a time.
        async with self._connection() as connection:
            products = await connection.fetch(sql.PRODUCTS, containing(text), limit)
            categories = await connection.fetch(sql.CATEGORIES)
            reviews = await connection.fetch(sql.REVIEWS, limit)
        return _found(products, categories, reviews)

    async def catalog(self, offset: int, limit: int) -> list[Row]:
        async with self._connection() as connection:
            rows = await connection.fetch(sql.CATALOG, offset, limit)
        return [{**row, "category": {"name": row["category"]}} for row in rows]

    async def account(self, username: str) -> Row | None:
        async with self._connection() as connection:
            row = await connection.fetchrow(sql.ACCOUNT, username)
        return dict(row) if row else None

    async def count_users(self) -> int:
        async with self._connection() as connection:
            count: int = await connection.fetchval(sql.COUNT_USERS)
        return count

    async def sales_of_last_days(self, days: int) -> list[Row]:
        async with self._connection() as connection:
            return _dicts(await connection.fetch(sql.SALES_BY_DAY, days))

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        started_ns = perf_counter_ns()
        async with self.pool.acquire() as connection:
            self.counter.add(perf_counter_ns() - started_ns)
            yield connection


class GatheringShop(RawShop):
    """Searches on three connections at once."""

    __slots__ = ()

    async def search(self, text: str, limit: int) -> dict[str, list[Row]]:
        # Each statement takes its own connection and returns it: requests that hold one and wait
        # for two more could deadlock.
        return _found(
            *await asyncio.gather(
                self._rows(sql.PRODUCTS, containing(text), limit),
                self._rows(sql.CATEGORIES),
                self._rows(sql.REVIEWS, limit),
            )
        )

    async def _rows(self, statement: str, *values: object) -> list[asyncpg.Record]:
        async with self._connection() as connection:
            return await connection.fetch(statement, *values)


def _found(
    products: Iterable[asyncpg.Record],
    categories: Iterable[asyncpg.Record],
    reviews: Iterable[asyncpg.Record],
) -> dict[str, list[Row]]:
    return {
        "products": _dicts(products),
        "categories": _dicts(categories),
        "reviews": _dicts(reviews),
    }


def _dicts(rows: Iterable[asyncpg.Record]) -> list[Row]:
    return [dict(row) for row in rows]
