"""Data access: an ORM or SQL, two modules with the same functions."""

from importlib import import_module
from typing import cast

from flask import Flask, current_app

from ..config import Settings
from .access import DataAccess, UsernameTakenError

__all__ = ["DataAccess", "UsernameTakenError", "data_access", "init_app"]


def init_app(app: Flask, settings: Settings) -> None:
    """Open the connections with the module that the settings choose: `orm` or `raw`."""
    module = import_module(f".{settings.data_access}", __name__)
    app.extensions["data_access"] = module
    module.init_app(app, settings)


def data_access() -> DataAccess:
    """Return the data access of the current application."""
    return cast(DataAccess, current_app.extensions["data_access"])
