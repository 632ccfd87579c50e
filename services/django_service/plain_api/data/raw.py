"""Data access with SQL and a cursor of Django's connection."""

from django.db import DataError, connection
from django.http import Http404
from psycopg_pool import ConnectionPool

from plain_api.data import statements
from plain_api.data.access import Record
from plain_api.data.statements import Statement
from plain_api.records import with_category
from shop.names import kept_unique
from shop.passwords import is_password


def users(after: int, limit: int) -> list[Record]:
    return _rows(statements.users(after, limit))


def user_with_orders(user_id: int) -> Record:
    user = _user(user_id)
    return user | {"orders": _rows(statements.orders_of(user_id))}


def create_user(fields: Record) -> Record:
    with kept_unique():
        (row,) = _rows(statements.insert_user(fields))
    return row | fields


def replace_user(user_id: int, fields: Record) -> Record:
    user = _user(user_id)
    with kept_unique():
        if not _changed(statements.update_user(user_id, fields)):
            raise Http404
    return user | fields


def delete_user(user_id: int) -> None:
    if not _changed(statements.delete_user(user_id)):
        raise Http404


def search(text: str) -> dict[str, list[Record]]:
    return {
        "products": _rows(statements.products_named(text)),
        "categories": _rows(statements.all_categories()),
        "reviews": _rows(statements.latest_reviews()),
    }


def catalog(offset: int, limit: int) -> list[Record]:
    return [with_category(row) for row in _rows(statements.catalog(offset, limit))]


def password_is_right(username: str, password: str) -> bool:
    account = _account(username)
    return is_password(password, account and account["password_hash"])


def account_exists(username: str) -> bool:
    return _account(username) is not None


def count_users() -> int:
    (row,) = _rows(statements.count_users())
    return row["users"]


def last_days_sales() -> list[Record]:
    return _rows(statements.last_days_sales())


def pool() -> ConnectionPool:
    return connection.pool


def _rows(statement: Statement) -> list[Record]:
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _changed(statement: Statement) -> int:
    """Return the number of rows that the statement changed."""
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        return cursor.rowcount


def _user(user_id: int) -> Record:
    for user in _rows(statements.user(user_id)):
        return user
    raise Http404


def _account(username: str) -> Record | None:
    try:
        return next(iter(_rows(statements.account(username))), None)
    except (DataError, UnicodeEncodeError):
        return None
