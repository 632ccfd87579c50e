"""Rows for JsonResponse, which renders them as JSON with money as text."""

from typing import Any

from shop.models import Category, Order, Product, Review, User


def user_page(users: list[dict[str, Any]], limit: int) -> dict[str, Any]:
    """Return a page of `limit` users; one extra was read if there are more."""
    following = users[limit - 1]["id"] if len(users) > limit else None
    return {"items": users[:limit], "next": following}


def user_record(user: User) -> dict[str, Any]:
    """A user."""
    return {"id": user.id, "username": user.username, "email": user.email, "age": user.age}


def order_record(order: Order) -> dict[str, Any]:
    """An order of a user."""
    return {
        "id": order.id,
        "status": order.status,
        "total": order.total,
        "created_at": order.created_at,
    }


def product_record(product: Product) -> dict[str, Any]:
    """A product."""
    return {
        "id": product.id,
        "name": product.name,
        "price": product.price,
        "category_id": product.category_id,
    }


def with_category(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of products joined with categories in the form that the template reads."""
    return row | {"category": {"name": row["category"]}}


def category_record(category: Category) -> dict[str, Any]:
    """A category."""
    return {"id": category.id, "name": category.name}


def review_record(review: Review) -> dict[str, Any]:
    """A review."""
    return {
        "id": review.id,
        "product_id": review.product_id,
        "rating": review.rating,
        "text": review.text,
        "created_at": review.created_at,
    }
