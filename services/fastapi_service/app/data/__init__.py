"""Where data comes from: SQL or an ORM, two modules with the same methods."""

from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import cast

from ..settings import Settings
from .access import INT4_MAX, Record, Shop, UsernameTakenError, can_be_stored

__all__ = ["INT4_MAX", "Record", "Shop", "UsernameTakenError", "can_be_stored", "open_shop"]


def open_shop(settings: Settings) -> AbstractAsyncContextManager[Shop]:
    """The data by way of the module that the settings name, every connection open."""
    module = import_module(f".{settings.data_access}", __name__)
    return cast(AbstractAsyncContextManager[Shop], module.open_shop(settings))
