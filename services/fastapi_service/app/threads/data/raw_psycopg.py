"""Data access with SQL and a psycopg pool."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, RawCursor
from psycopg.errors import UniqueViolation
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from ...data import sql
from ...data.access import UsernameTakenError, containing
from ...data.pool_use import PoolUse, use_of_psycopg
from ...settings import Settings

Row = dict[str, Any]


@contextmanager
def open_shop(settings: Settings) -> Iterator["RawShop"]:
    """Open the data access with all connections open."""
    with ConnectionPool(
        settings.database_url,
        min_size=settings.database_connections,
        max_size=settings.database_connections,
        max_lifetime=math.inf,  # no connection is replaced during a measurement
        kwargs={"autocommit": True, "row_factory": dict_row, "cursor_factory": RawCursor},
    ) as pool:
        pool.wait()
        yield RawShop(pool)


@dataclass(frozen=True, slots=True)
class RawShop:
    """Each statement is its own transaction: no request writes with more than one."""

    pool: ConnectionPool[Any]

    def pool_use(self) -> PoolUse:
        return use_of_psycopg(self.pool.get_stats())

    def users(self, after: int, limit: int) -> list[Row]:
        with self.pool.connection() as connection:
            return _rows(connection, sql.USERS, after, limit)

    def user_with_orders(self, user_id: int) -> Row | None:
        with self.pool.connection() as connection:
            user = _row(connection, sql.USER, user_id)
            if user is None:
                return None
            orders = _rows(connection, sql.ORDERS_OF_USER, user_id)
        return {**user, "orders": orders}

    def create_user(self, values: Row) -> Row:
        username, email, age = values["username"], values["email"], values["age"]
        with self.pool.connection() as connection:
            try:
                row = _row(connection, sql.CREATE_USER, username, email, age)
            except UniqueViolation as error:
                raise UsernameTakenError from error
        return {**row, **values}

    def update_user(self, user_id: int, values: Row) -> Row | None:
        username, email, age = values["username"], values["email"], values["age"]
        with self.pool.connection() as connection:
            if _row(connection, sql.USER, user_id) is None:
                return None
            try:
                done = connection.execute(sql.UPDATE_USER, (user_id, username, email, age))
            except UniqueViolation as error:
                raise UsernameTakenError from error
        return {"id": user_id, **values} if done.rowcount == 1 else None

    def delete_user(self, user_id: int) -> bool:
        with self.pool.connection() as connection:
            done = connection.execute(sql.DELETE_USER, (user_id,))
        return done.rowcount == 1

    def search(self, text: str, limit: int) -> dict[str, list[Row]]:
        # In turn: one connection runs one statement at a time.
        with self.pool.connection() as connection:
            return {
                "products": _rows(connection, sql.PRODUCTS, containing(text), limit),
                "categories": _rows(connection, sql.CATEGORIES),
                "reviews": _rows(connection, sql.REVIEWS, limit),
            }

    def catalog(self, offset: int, limit: int) -> list[Row]:
        with self.pool.connection() as connection:
            rows = _rows(connection, sql.CATALOG, offset, limit)
        return [{**row, "category": {"name": row["category"]}} for row in rows]

    def account(self, username: str) -> Row | None:
        with self.pool.connection() as connection:
            return _row(connection, sql.ACCOUNT, username)

    def count_users(self) -> int:
        with self.pool.connection() as connection:
            row = _row(connection, sql.COUNT_USERS)
        return row["count"]

    def sales_of_last_days(self, days: int) -> list[Row]:
        with self.pool.connection() as connection:
            return _rows(connection, sql.SALES_BY_DAY, days)


def _rows(connection: Connection[Any], statement: str, *values: object) -> list[Row]:
    cursor = connection.execute(statement, values)
    return cursor.fetchall()


def _row(connection: Connection[Any], statement: str, *values: object) -> Any:
    cursor = connection.execute(statement, values)
    return cursor.fetchone()
