"""Data access: SQL or an ORM, a module each, with the same methods."""

from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, cast

from ...settings import Settings

_MODULES = {"raw": "raw_psycopg", "orm": "orm_sqlalchemy"}


def open_shop(settings: Settings) -> AbstractContextManager[Any]:
    """Open the data access that the settings choose, with all connections open."""
    module = import_module(f".{_MODULES[settings.data_access]}", __name__)
    return cast(AbstractContextManager[Any], module.open_shop(settings))
