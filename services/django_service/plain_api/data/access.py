"""Interface of the data access."""

from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from psycopg_pool import AsyncConnectionPool, ConnectionPool

Record = dict[str, Any]
"""A row for JsonResponse: numbers, text, decimals and times by name."""


class Data(Protocol):
    """The functions of `orm` and `raw`, and of `async_orm` and `async_raw`, where all except `pool`
    are awaited. All send the same data statements."""

    def users(self, after: int, limit: int) -> list[Record]:
        """Return up to `limit` users with ids above `after`, by id."""

    def user_with_orders(self, user_id: int) -> Record:
        """Return the user with its `orders`, oldest first; Http404 if there is none."""

    def create_user(self, fields: Record) -> Record:
        """Insert a user; UsernameTakenError if another user has the name."""

    def replace_user(self, user_id: int, fields: Record) -> Record:
        """Overwrite a user; Http404, UsernameTakenError."""

    def delete_user(self, user_id: int) -> None:
        """Delete a user; the database deletes its orders. Http404."""

    def search(self, text: str) -> dict[str, list[Record]]:
        """Return products with the text in their names, all categories and the latest reviews."""

    def catalog(self, offset: int, limit: int) -> list[Any]:
        """Return products with their categories, by id, for the template."""

    def password_is_right(self, username: str, password: str) -> bool:
        """Return whether the account exists and this is its password."""

    def account_exists(self, username: str) -> bool:
        """Whether there is an account of that name."""

    def count_users(self) -> int:
        """Return the number of users."""

    def last_days_sales(self) -> list[Record]:
        """Return date, number of orders and total of each of the last seven days with sales."""

    def pool(self) -> ConnectionPool | AsyncConnectionPool:
        """Return the connection pool."""


class AsyncData(Data, Protocol):
    """Additional functions of the async data access."""

    def open_connections(self) -> AbstractAsyncContextManager[None]:
        """Open all connections, and close them at the end."""
