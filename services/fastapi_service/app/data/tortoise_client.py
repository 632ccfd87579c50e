"""Tortoise's client for asyncpg, with changes that its configuration does not support.

Tortoise finds it by this module's name.
"""

from typing import Any

import asyncpg
from pypika_tortoise.terms import Criterion, Term
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.backends.asyncpg.executor import AsyncpgExecutor
from tortoise.filters import insensitive_contains

from .access import containing
from .raw_asyncpg import create_pool


def _ilike(field: Term, text: str) -> Criterion:
    return field.ilike(containing(text))


class Executor(AsyncpgExecutor):
    """Searches with ILIKE: Tortoise itself compares UPPER() of both, which no index supports."""

    FILTER_FUNC_OVERRIDE = AsyncpgExecutor.FILTER_FUNC_OVERRIDE | {insensitive_contains: _ilike}


class Client(AsyncpgDBClient):
    """Opens the same pool as the stack with SQL, with the whole URL."""

    executor_class = Executor

    async def create_pool(self, **options: Any) -> asyncpg.Pool:
        return await create_pool(options["url"], options["max_size"])


client_class = Client
