"""Rows in the form of JSON; those of users and categories already have it."""

from datetime import UTC, datetime
from typing import Any

Row = dict[str, Any]


def user_with_orders(row: Row) -> Row:
    return {**row, "orders": [_order(order) for order in row["orders"]]}


def page_of_users(rows: list[Row], limit: int) -> Row:
    """Return a page; `rows` has one extra if another page follows."""
    items = rows[:limit]
    return {"items": items, "next": items[-1]["id"] if len(rows) > len(items) else None}


def found(rows: dict[str, list[Row]]) -> Row:
    return {
        "products": [{**product, "price": str(product["price"])} for product in rows["products"]],
        "categories": rows["categories"],
        "reviews": [
            {**review, "created_at": _moment(review["created_at"])} for review in rows["reviews"]
        ],
    }


def stats(figures: Row) -> Row:
    return {
        **figures,
        "sales": [
            {**day, "date": day["date"].isoformat(), "total": str(day["total"])}
            for day in figures["sales"]
        ],
    }


def _order(row: Row) -> Row:
    return {
        "id": row["id"],
        "status": row["status"],
        "total": str(row["total"]),
        "created_at": _moment(row["created_at"]),
    }


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
