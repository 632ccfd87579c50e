"""The application at any step of the migration."""

from collections.abc import Collection
from importlib import import_module

from app import application
from app.settings import Settings
from fastapi import FastAPI

from .groups import GROUPS


def create_app(moved: Collection[str]) -> FastAPI:
    """Create FastAPI with the `moved` groups and Flask behind it with the others.

    Flask is not loaded once all groups have moved.
    """
    if set(moved) == set(GROUPS):
        return application.create_app(Settings.from_environment())
    app: FastAPI = import_module(".both", __package__).create_app(moved)
    return app
