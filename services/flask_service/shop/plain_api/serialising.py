"""Records as dictionaries, with text for values without a JSON type."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask.json.provider import DefaultJSONProvider

from ..data import data_access
from ..data.access import Record
from ..formats import money, timestamp

USER = ("id", "username", "email", "age")
ORDER = ("id", "status", "total", "created_at")
PRODUCT = ("id", "name", "price", "category_id")
CATEGORY = ("id", "name")
REVIEW = ("id", "product_id", "rating", "text", "created_at")


def dictionaries(records: Iterable[Record], names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the fields of each record with those names."""
    value = data_access().value
    return [{name: value(record, name) for name in names} for record in records]


def user_dictionary(record: Record) -> dict[str, Any]:
    """A user."""
    return dictionaries([record], USER)[0]


def user_with_orders_dictionary(record: Record) -> dict[str, Any]:
    """A user with its orders, oldest first."""
    orders = data_access().value(record, "orders")
    return user_dictionary(record) | {"orders": dictionaries(orders, ORDER)}


def _as_text(value: Any) -> str:
    if isinstance(value, Decimal):
        return money(value)
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be part of a response")


class ShopJSONProvider(DefaultJSONProvider):
    """Flask's JSON, with amounts and times in the contract's format."""

    default = staticmethod(_as_text)
    sort_keys = False
