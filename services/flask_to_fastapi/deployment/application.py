"""The application at every step of the way."""

from collections.abc import Collection
from importlib import import_module

from app import application
from app.settings import Settings
from fastapi import FastAPI

from .groups import GROUPS


def create_app(moved: Collection[str]) -> FastAPI:
    """FastAPI with the groups that have moved, Flask behind it with the others; once all have
    moved there is no Flask."""
    if set(moved) == set(GROUPS):
        return application.create_app(Settings.from_environment())
    app: FastAPI = import_module(".both", __package__).create_app(moved)
    return app
