"""Where data comes from: SQL or an ORM, a module each, with the same methods."""

from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, cast

from ...settings import Settings

_MODULES = {"raw": "raw_psycopg", "orm": "orm_sqlalchemy"}


def open_shop(settings: Settings) -> AbstractContextManager[Any]:
    """The data by way of the module that the settings name, every connection open."""
    module = import_module(f".{_MODULES[settings.data_access]}", __name__)
    return cast(AbstractContextManager[Any], module.open_shop(settings))
