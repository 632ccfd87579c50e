"""Models as dictionaries, which JsonResponse turns into JSON with money as text."""

from typing import Any

from shop.models import Category, Order, Product, Review, User


def user_record(user: User) -> dict[str, Any]:
    """A user."""
    return {"id": user.id, "username": user.username, "email": user.email, "age": user.age}


def user_detail_record(user: User) -> dict[str, Any]:
    """A user with the orders, oldest first."""
    return user_record(user) | {"orders": [order_record(order) for order in user.orders.all()]}


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
