"""The data access that the settings choose; access.py defines its interface."""

from importlib import import_module

from django.conf import settings

from plain_api.data.access import Data

_MODULES = {
    ("orm", "threads"): "orm",
    ("raw", "threads"): "raw",
    ("orm", "async"): "async_orm",
    ("raw", "async"): "async_raw",
}

data: Data = import_module(f"{__name__}.{_MODULES[settings.DATA_ACCESS, settings.CONCURRENCY]}")
