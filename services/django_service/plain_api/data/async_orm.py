"""Data access with Django's async ORM, whose driver works in threads.

Each request has its own thread, in which its queries run one after another: gathering them gains
nothing. Its connection is taken with the first query and returned when the response is sent.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from asgiref.sync import sync_to_async
from django.contrib.auth import aauthenticate
from django.db import connection
from django.http import Http404
from django.shortcuts import aget_object_or_404
from psycopg_pool import ConnectionPool

from plain_api.data.access import Record
from plain_api.records import (
    category_record,
    order_record,
    product_record,
    review_record,
    user_record,
)
from shop import queries
from shop.models import Account, Product, User
from shop.names import kept_unique


@asynccontextmanager
async def open_connections() -> AsyncIterator[None]:
    await sync_to_async(connection.pool.open)(wait=True, timeout=10)
    yield
    await sync_to_async(connection.close_pool)()


async def users(after: int, limit: int) -> list[Record]:
    return [user_record(user) async for user in queries.users_behind(after, limit)]


async def user_with_orders(user_id: int) -> Record:
    user = await aget_object_or_404(User, pk=user_id)
    return user_record(user) | {"orders": [order_record(o) async for o in user.orders.all()]}


async def create_user(fields: Record) -> Record:
    with kept_unique():
        return user_record(await User.objects.acreate(**fields))


async def replace_user(user_id: int, fields: Record) -> Record:
    user = await aget_object_or_404(User, pk=user_id)
    with kept_unique():
        if not await User.objects.filter(pk=user_id).aupdate(**fields):
            raise Http404
    return user_record(user) | fields


async def delete_user(user_id: int) -> None:
    deleted, _ = await User(pk=user_id).adelete()
    if not deleted:
        raise Http404


async def search(text: str) -> dict[str, list[Record]]:
    return {
        "products": [product_record(p) async for p in queries.products_named(text)],
        "categories": [category_record(c) async for c in queries.all_categories()],
        "reviews": [review_record(r) async for r in queries.latest_reviews()],
    }


async def catalog(offset: int, limit: int) -> list[Product]:
    return [product async for product in queries.catalog(offset, limit)]


async def password_is_right(username: str, password: str) -> bool:
    # For an unknown name, Django computes the hash in the event loop, which blocks it.
    return await aauthenticate(username=username, password=password) is not None


async def account_exists(username: str) -> bool:
    try:
        await Account.objects.aget(username=username)
    except queries.NO_ACCOUNT:
        return False
    return True


async def count_users() -> int:
    return await User.objects.acount()


async def last_days_sales() -> list[Record]:
    return [day async for day in queries.last_days_sales()]


def pool() -> ConnectionPool:
    return connection.pool
