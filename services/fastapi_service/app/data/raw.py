"""The data through SQL and a pool of asyncpg's."""

import math
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from ..settings import Settings
from .access import UsernameTakenError, containing

Row = dict[str, Any]

SELECT_USER = "SELECT id, username, email, age FROM users WHERE id = $1"


@asynccontextmanager
async def open_shop(settings: Settings) -> AsyncIterator["RawShop"]:
    """Every connection open, and kept however long it is idle and whatever it has done."""
    async with asyncpg.create_pool(
        settings.database_url,
        min_size=settings.database_connections,
        max_size=settings.database_connections,
        max_inactive_connection_lifetime=0,
        max_queries=math.inf,  # asyncpg's 50,000 come within one measurement
    ) as pool:
        yield RawShop(pool)


@dataclass(frozen=True, slots=True)
class RawShop:
    """Each statement is its own transaction: no request writes with more than one."""

    pool: asyncpg.Pool

    async def users(self, after: int, limit: int) -> list[Row]:
        return _dicts(
            await self.pool.fetch(
                "SELECT id, username, email, age FROM users WHERE id > $1 ORDER BY id LIMIT $2",
                after,
                limit,
            )
        )

    async def user_with_orders(self, user_id: int) -> Row | None:
        async with self.pool.acquire() as connection:
            user = await connection.fetchrow(SELECT_USER, user_id)
            if user is None:
                return None
            orders = await connection.fetch(
                "SELECT id, user_id, status, total, created_at FROM orders"
                " WHERE user_id = $1 ORDER BY id",
                user_id,
            )
        return {**user, "orders": _dicts(orders)}

    async def create_user(self, values: Row) -> Row:
        try:
            user_id = await self.pool.fetchval(
                "INSERT INTO users (username, email, age) VALUES ($1, $2, $3) RETURNING id",
                values["username"],
                values["email"],
                values["age"],
            )
        except asyncpg.UniqueViolationError as error:
            raise UsernameTakenError from error
        return {"id": user_id, **values}

    async def update_user(self, user_id: int, values: Row) -> Row | None:
        async with self.pool.acquire() as connection:
            if await connection.fetchrow(SELECT_USER, user_id) is None:
                return None
            try:
                done = await connection.execute(
                    "UPDATE users SET username = $2, email = $3, age = $4 WHERE id = $1",
                    user_id,
                    values["username"],
                    values["email"],
                    values["age"],
                )
            except asyncpg.UniqueViolationError as error:
                raise UsernameTakenError from error
        return {"id": user_id, **values} if done == "UPDATE 1" else None

    async def delete_user(self, user_id: int) -> bool:
        done: str = await self.pool.execute("DELETE FROM users WHERE id = $1", user_id)
        return done == "DELETE 1"

    async def search(self, text: str, limit: int) -> dict[str, list[Row]]:
        # In turn: one connection runs one statement at a time.
        async with self.pool.acquire() as connection:
            products = await connection.fetch(
                "SELECT id, category_id, name, price FROM products"
                " WHERE name ILIKE $1 ORDER BY id LIMIT $2",
                containing(text),
                limit,
            )
            categories = await connection.fetch("SELECT id, name FROM categories ORDER BY id")
            reviews = await connection.fetch(
                "SELECT id, product_id, rating, text, created_at FROM reviews"
                " ORDER BY id DESC LIMIT $1",
                limit,
            )
        return {
            "products": _dicts(products),
            "categories": _dicts(categories),
            "reviews": _dicts(reviews),
        }

    async def catalog(self, offset: int, limit: int) -> list[Row]:
        rows = await self.pool.fetch(
            "SELECT p.id, p.category_id, p.name, p.price, c.id AS of_id, c.name AS of_name"
            " FROM products p JOIN categories c ON c.id = p.category_id"
            " ORDER BY p.id OFFSET $1 LIMIT $2",
            offset,
            limit,
        )
        return [{**row, "category": {"id": row["of_id"], "name": row["of_name"]}} for row in rows]

    async def account(self, username: str) -> Row | None:
        row = await self.pool.fetchrow(
            "SELECT id, username, password_hash FROM accounts WHERE username = $1", username
        )
        return dict(row) if row else None

    async def count_users(self) -> int:
        count: int = await self.pool.fetchval("SELECT count(*) FROM users")
        return count

    async def sales_of_last_days(self, days: int) -> list[Row]:
        return _dicts(
            await self.pool.fetch(
                "SELECT date, count(*) AS orders, sum(amount) AS total FROM sales"
                " WHERE date > (SELECT max(date) FROM sales) - $1::integer"
                " GROUP BY date ORDER BY date",
                days,
            )
        )


def _dicts(rows: Iterable[asyncpg.Record]) -> list[Row]:
    return [dict(row) for row in rows]
