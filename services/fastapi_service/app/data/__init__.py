"""Data access: SQL or an ORM, a module each, with the same methods."""

from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import cast

from ..settings import Settings
from .access import INT4_MAX, Record, Shop, UsernameTakenError, can_be_stored

__all__ = ["INT4_MAX", "Record", "Shop", "UsernameTakenError", "can_be_stored", "open_shop"]

_MODULES = {
    ("raw", "asyncpg"): "raw_asyncpg",
    ("raw", "psycopg"): "raw_psycopg",
    ("orm", "asyncpg"): "orm_sqlalchemy",
    ("orm", "psycopg"): "orm_sqlalchemy",
    ("tortoise", "asyncpg"): "orm_tortoise",
}


def open_shop(settings: Settings) -> AbstractAsyncContextManager[Shop]:
    """Open the data access that the settings choose, with all connections open."""
    module = import_module(f".{_MODULES[settings.data_access, settings.driver]}", __name__)
    return cast(AbstractAsyncContextManager[Shop], module.open_shop(settings))
