"""Data access with SQL and psycopg's own async connections, without threads.

A connection is taken only while its statements run.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import Http404
from psycopg import AsyncConnection, DataError
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from plain_api.data import statements
from plain_api.data.access import Record
from plain_api.data.statements import Statement
from plain_api.records import with_category
from shop.names import kept_unique
from shop.passwords import is_password

Connection = AsyncConnection[Record]


async def _set_time_zone(connection: Connection) -> None:
    # Times are returned in the connection's time zone.
    await connection.execute("SELECT set_config('TimeZone', %s, false)", [settings.TIME_ZONE])


_pool = AsyncConnectionPool(
    settings.DATABASE_URL,
    # Autocommit, as in Django: each request writes with at most one statement.
    kwargs={"autocommit": True, "row_factory": dict_row},
    configure=_set_time_zone,
    open=False,  # it can be opened only within the event loop
    **settings.DATABASE_POOL,
)


@asynccontextmanager
async def open_connections() -> AsyncIterator[None]:
    async with _pool:
        await _pool.wait(timeout=10)
        yield


async def users(after: int, limit: int) -> list[Record]:
    async with _pool.connection() as connection:
        return await _rows(connection, statements.users(after, limit))


async def user_with_orders(user_id: int) -> Record:
    async with _pool.connection() as connection:
        user = await _user(connection, user_id)
        return user | {"orders": await _rows(connection, statements.orders_of(user_id))}


async def create_user(fields: Record) -> Record:
    async with _pool.connection() as connection:
        with kept_unique():
            (row,) = await _rows(connection, statements.insert_user(fields))
    return row | fields


async def replace_user(user_id: int, fields: Record) -> Record:
    async with _pool.connection() as connection:
        user = await _user(connection, user_id)
        with kept_unique():
            if not await _changed(connection, statements.update_user(user_id, fields)):
                raise Http404
    return user | fields


async def delete_user(user_id: int) -> None:
    async with _pool.connection() as connection:
        if not await _changed(connection, statements.delete_user(user_id)):
            raise Http404


async def search(text: str) -> dict[str, list[Record]]:
    # In turn: one connection runs one statement at a time.
    async with _pool.connection() as connection:
        return {
            "products": await _rows(connection, statements.products_named(text)),
            "categories": await _rows(connection, statements.all_categories()),
            "reviews": await _rows(connection, statements.latest_reviews()),
        }


async def catalog(offset: int, limit: int) -> list[Record]:
    async with _pool.connection() as connection:
        rows = await _rows(connection, statements.catalog(offset, limit))
    return [with_category(row) for row in rows]


async def password_is_right(username: str, password: str) -> bool:
    account = await _account(username)
    # A hash takes about 20 ms: in a thread, it does not block other requests.
    return await sync_to_async(is_password)(password, account and account["password_hash"])


async def account_exists(username: str) -> bool:
    return await _account(username) is not None


async def count_users() -> int:
    async with _pool.connection() as connection:
        (row,) = await _rows(connection, statements.count_users())
    return row["users"]


async def last_days_sales() -> list[Record]:
    async with _pool.connection() as connection:
        return await _rows(connection, statements.last_days_sales())


def pool() -> AsyncConnectionPool[Any]:
    return _pool


async def _rows(connection: Connection, statement: Statement) -> list[Record]:
    cursor = await connection.execute(*statement)
    return await cursor.fetchall()


async def _changed(connection: Connection, statement: Statement) -> int:
    """Return the number of rows that the statement changed."""
    cursor = await connection.execute(*statement)
    return cursor.rowcount


async def _user(connection: Connection, user_id: int) -> Record:
    for user in await _rows(connection, statements.user(user_id)):
        return user
    raise Http404


async def _account(username: str) -> Record | None:
    try:
        async with _pool.connection() as connection:
            return next(iter(await _rows(connection, statements.account(username))), None)
    except (DataError, UnicodeEncodeError):
        return None
