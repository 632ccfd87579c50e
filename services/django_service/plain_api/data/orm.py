"""Data access with Django's ORM."""

from typing import Any

from django.contrib.auth import authenticate
from django.db import connection
from psycopg_pool import ConnectionPool

from plain_api.data.access import Record
from plain_api.records import (
    category_record,
    order_record,
    product_record,
    review_record,
    user_record,
)
from shop import queries
from shop.models import Product


def users(after: int, limit: int) -> list[Record]:
    return [user_record(user) for user in queries.users_behind(after, limit)]


def user_with_orders(user_id: int) -> Record:
    user = queries.get_user(user_id)
    return user_record(user) | {"orders": [order_record(order) for order in user.orders.all()]}


def create_user(fields: Record) -> Record:
    return user_record(queries.create_user(fields))


def replace_user(user_id: int, fields: Record) -> Record:
    return user_record(queries.replace_user(user_id, fields))


def delete_user(user_id: int) -> None:
    queries.delete_user(user_id)


def search(text: str) -> dict[str, list[Record]]:
    return {
        "products": [product_record(product) for product in queries.products_named(text)],
        "categories": [category_record(category) for category in queries.all_categories()],
        "reviews": [review_record(review) for review in queries.latest_reviews()],
    }


def catalog(offset: int, limit: int) -> list[Product]:
    return list(queries.catalog(offset, limit))


def password_is_right(username: str, password: str) -> bool:
    return authenticate(username=username, password=password) is not None


def account_exists(username: str) -> bool:
    return queries.find_account(username) is not None


def count_users() -> int:
    return queries.count_users()


def last_days_sales() -> list[dict[str, Any]]:
    return list(queries.last_days_sales())


def pool() -> ConnectionPool:
    return connection.pool
