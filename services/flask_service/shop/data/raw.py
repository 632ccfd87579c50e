"""Data access with SQL and a pool of psycopg connections."""

import math
import operator
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from flask import Flask, current_app
from psycopg import Connection
from psycopg.errors import UniqueViolation
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from ..config import Settings
from .access import UsernameTakenError, containing

Row = dict[str, Any]

value = operator.getitem


def init_app(app: Flask, settings: Settings) -> None:
    """Open all connections before the first request."""
    # Autocommit: each request writes with at most one statement, which is its own transaction.
    pool = ConnectionPool(
        settings.database_url,
        min_size=settings.database_connections,
        max_size=settings.database_connections,
        max_lifetime=math.inf,  # no connection is replaced during a measurement
        kwargs={"autocommit": True, "row_factory": dict_row},
        open=True,
    )
    pool.wait()
    app.extensions["connection_pool"] = pool


def pool_use() -> dict[str, float]:
    counted = _pool().get_stats()
    # It has no entry for what has not happened yet.
    return {
        "taken": counted.get("requests_num", 0),
        "waited_ms": counted.get("requests_wait_ms", 0),
    }


def users(after: int, limit: int) -> list[Row]:
    with _connection() as connection:
        return connection.execute(
            "SELECT id, username, email, age FROM users WHERE id > %s ORDER BY id LIMIT %s",
            (after, limit),
        ).fetchall()


def user_with_orders(user_id: int) -> Row | None:
    with _connection() as connection:
        user = _user(connection, user_id)
        if user is not None:
            user["orders"] = connection.execute(
                "SELECT id, status, total, created_at FROM orders WHERE user_id = %s ORDER BY id",
                (user_id,),
            ).fetchall()
    return user


def create_user(values: Row) -> Row:
    with _connection() as connection, _names_stay_unique():
        row = connection.execute(
            "INSERT INTO users (username, email, age)"
            " VALUES (%(username)s, %(email)s, %(age)s) RETURNING id",
            values,
        ).fetchone()
    return row | values


def update_user(user_id: int, values: Row) -> Row | None:
    with _connection() as connection, _names_stay_unique():
        user = _user(connection, user_id)
        if user is None:
            return None
        user |= values
        updated = connection.execute(
            "UPDATE users SET username = %(username)s, email = %(email)s, age = %(age)s"
            " WHERE id = %(id)s",
            user,
        )
    return user if updated.rowcount == 1 else None


def delete_user(user_id: int) -> bool:
    with _connection() as connection:
        return connection.execute("DELETE FROM users WHERE id = %s", (user_id,)).rowcount == 1


def search(text: str, limit: int) -> dict[str, list[Row]]:
    with _connection() as connection:
        products = connection.execute(
            "SELECT id, category_id, name, price FROM products"
            " WHERE name ILIKE %s ORDER BY id LIMIT %s",
            (containing(text), limit),
        ).fetchall()
        categories = connection.execute("SELECT id, name FROM categories ORDER BY id").fetchall()
        reviews = connection.execute(
            "SELECT id, product_id, rating, text, created_at FROM reviews"
            " ORDER BY id DESC LIMIT %s",
            (limit,),
        ).fetchall()
    return {"products": products, "categories": categories, "reviews": reviews}


def catalog(offset: int, limit: int) -> list[Row]:
    with _connection() as connection:
        rows = connection.execute(
            "SELECT p.id, p.category_id, p.name, p.price, c.name AS category"
            " FROM products p JOIN categories c ON c.id = p.category_id"
            " ORDER BY p.id LIMIT %s OFFSET %s",
            (limit, offset),
        ).fetchall()
    return [row | {"category": {"name": row["category"]}} for row in rows]


def account(username: str) -> Row | None:
    with _connection() as connection:
        return connection.execute(
            "SELECT id, username, password_hash FROM accounts WHERE username = %s", (username,)
        ).fetchone()


def count_users() -> int:
    with _connection() as connection:
        return connection.execute("SELECT count(*) AS users FROM users").fetchone()["users"]


def sales_of_last_days(days: int) -> list[Row]:
    with _connection() as connection:
        return connection.execute(
            "SELECT date, count(*) AS orders, sum(amount) AS total FROM sales"
            " WHERE date > (SELECT max(date) FROM sales) - %s::integer"
            " GROUP BY date ORDER BY date",
            (days,),
        ).fetchall()


def _pool() -> ConnectionPool[Connection[Row]]:
    return current_app.extensions["connection_pool"]


def _connection() -> AbstractContextManager[Connection[Row]]:
    return _pool().connection()


def _user(connection: Connection[Row], user_id: int) -> Row | None:
    return connection.execute(
        "SELECT id, username, email, age FROM users WHERE id = %s", (user_id,)
    ).fetchone()


@contextmanager
def _names_stay_unique() -> Iterator[None]:
    try:
        yield
    except UniqueViolation as error:
        raise UsernameTakenError from error
