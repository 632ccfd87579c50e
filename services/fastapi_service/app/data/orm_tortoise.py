"""Data access with Tortoise's models; each statement uses any free connection."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg
from pypika_tortoise.terms import ValueWrapper
from tortoise.connection import get_connection
from tortoise.contrib.fastapi import RegisterTortoise
from tortoise.exceptions import IntegrityError
from tortoise.expressions import Subquery
from tortoise.functions import Count, Max, Sum

from ..settings import Settings
from . import tortoise_client, tortoise_models
from .access import UsernameTakenError
from .pool_use import NOT_COUNTED, PoolUse
from .tortoise_models import Account, Category, Product, Review, Sale, User


@asynccontextmanager
async def open_shop(settings: Settings) -> AsyncIterator["TortoiseShop"]:
    """Open the data access with all connections open."""
    pool = {"url": settings.database_url, "maxsize": settings.database_connections}
    config = {
        "connections": {"default": {"engine": tortoise_client.__name__, "credentials": pool}},
        "apps": {"models": {"models": [tortoise_models.__name__]}},
    }
    async with RegisterTortoise(config=config):
        await get_connection("default").create_connection(with_db=True)
        yield TortoiseShop()


class TortoiseShop:
    """Data access; the models have their own connections."""

    def pool_use(self) -> PoolUse:
        return NOT_COUNTED

    async def users(self, after: int, limit: int) -> list[User]:
        return await User.filter(id__gt=after).order_by("id").limit(limit)

    async def user_with_orders(self, user_id: int) -> dict[str, Any] | None:
        user = await User.get_or_none(id=user_id).prefetch_related("orders")
        if user is None:
            return None
        return {**dict(user), "orders": list(user.orders)}

    async def create_user(self, values: dict[str, Any]) -> User:
        with _names_stay_unique():
            return await User.create(**values)

    async def update_user(self, user_id: int, values: dict[str, Any]) -> User | None:
        user = await User.get_or_none(id=user_id)
        if user is None:
            return None
        user.update_from_dict(values)
        try:
            with _names_stay_unique():
                await user.save(update_fields=values.keys(), force_update=True)
        except IntegrityError:  # deleted by another request since it was read
            return None
        return user

    async def delete_user(self, user_id: int) -> bool:
        return await User.filter(id=user_id).delete() == 1

    async def search(self, text: str, limit: int) -> dict[str, list[Any]]:
        return {
            "products": await Product.filter(name__icontains=text).order_by("id").limit(limit),
            "categories": await Category.all().order_by("id"),
            "reviews": await Review.all().order_by("-id").limit(limit),
        }

    async def catalog(self, offset: int, limit: int) -> list[Product]:
        with_category = Product.all().select_related("category")
        return await with_category.order_by("id").offset(offset).limit(limit)

    async def account(self, username: str) -> dict[str, Any] | None:
        found = await Account.get_or_none(username=username)
        if found is None:
            return None
        return {"username": found.username, "password_hash": found.password_hash}

    async def count_users(self) -> int:
        return await User.all().count()

    async def sales_of_last_days(self, days: int) -> list[dict[str, Any]]:
        last = Subquery(Sale.annotate(last=Max("date")).values("last"))
        # In the statement: PostgreSQL would interpret a parameter there as a date.
        since = last - ValueWrapper(days, allow_parametrize=False)
        sales = Sale.filter(date__gt=since).annotate(orders=Count("id"), total=Sum("amount"))
        return await sales.group_by("date").order_by("date").values("date", "orders", "total")


@contextmanager
def _names_stay_unique() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if isinstance(error.__cause__, asyncpg.UniqueViolationError):
            raise UsernameTakenError from error
        raise
