"""Data access with SQL and a psycopg pool."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection, AsyncRawCursor
from psycopg.errors import UniqueViolation
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from ..settings import Settings
from . import sql
from .access import UsernameTakenError, containing
from .pool_use import PoolUse, use_of_psycopg

Row = dict[str, Any]


@asynccontextmanager
async def open_shop(settings: Settings) -> AsyncIterator["RawShop"]:
    """Open the data access with all connections open."""
    async with AsyncConnectionPool(
        settings.database_url,
        min_size=settings.database_connections,
        max_size=settings.database_connections,
        max_lifetime=math.inf,  # no connection is replaced during a measurement
        kwargs={"autocommit": True, "row_factory": dict_row, "cursor_factory": AsyncRawCursor},
    ) as pool:
        await pool.wait()
        yield RawShop(pool)


@dataclass(frozen=True, slots=True)
class RawShop:
    """Each statement is its own transaction: no request writes with more than one."""

    pool: AsyncConnectionPool[Any]

    def pool_use(self) -> PoolUse:
        return use_of_psycopg(self.pool.get_stats())

    async def users(self, after: int, limit: int) -> list[Row]:
        async with self.pool.connection() as connection:
            return await _rows(connection, sql.USERS, after, limit)

    async def user_with_orders(self, user_id: int) -> Row | None:
        async with self.pool.connection() as connection:
            user = await _row(connection, sql.USER, user_id)
            if user is None:
                return None
            orders = await _rows(connection, sql.ORDERS_OF_USER, user_id)
        return {**user, "orders": orders}

    async def create_user(self, values: Row) -> Row:
        username, email, age = values["username"], values["email"], values["age"]
        async with self.pool.connection() as connection:
            try:
                row = await _row(connection, sql.CREATE_USER, username, email, age)
            except UniqueViolation as error:
                raise UsernameTakenError from error
        return {**row, **values}

    async def update_user(self, user_id: int, values: Row) -> Row | None:
        username, email, age = values["username"], values["email"], values["age"]
        async with self.pool.connection() as connection:
            if await _row(connection, sql.USER, user_id) is None:
                return None
            try:
                done = await connection.execute(sql.UPDATE_USER, (user_id, username, email, age))
            except UniqueViolation as error:
                raise UsernameTakenError from error
        return {"id": user_id, **values} if done.rowcount == 1 else None

    async def delete_user(self, user_id: int) -> bool:
        async with self.pool.connection() as connection:
            done = await connection.execute(sql.DELETE_USER, (user_id,))
        return done.rowcount == 1

    async def search(self, text: str, limit: int) -> dict[str, list[Row]]:
        # In turn: one connection runs one statement at a time.
        async with self.pool.connection() as connection:
            return {
                "products": await _rows(connection, sql.PRODUCTS, containing(text), limit),
                "categories": await _rows(connection, sql.CATEGORIES),
                "reviews": await _rows(connection, sql.REVIEWS, limit),
            }

    async def catalog(self, offset: int, limit: int) -> list[Row]:
        async with self.pool.connection() as connection:
            rows = await _rows(connection, sql.CATALOG, offset, limit)
        return [{**row, "category": {"name": row["category"]}} for row in rows]

    async def account(self, username: str) -> Row | None:
        async with self.pool.connection() as connection:
            return await _row(connection, sql.ACCOUNT, username)

    async def count_users(self) -> int:
        async with self.pool.connection() as connection:
            row = await _row(connection, sql.COUNT_USERS)
        return row["count"]

    async def sales_of_last_days(self, days: int) -> list[Row]:
        async with self.pool.connection() as connection:
            return await _rows(connection, sql.SALES_BY_DAY, days)


async def _rows(connection: AsyncConnection[Any], statement: str, *values: object) -> list[Row]:
    cursor = await connection.execute(statement, values)
    return await cursor.fetchall()


async def _row(connection: AsyncConnection[Any], statement: str, *values: object) -> Any:
    cursor = await connection.execute(statement, values)
    return await cursor.fetchone()
