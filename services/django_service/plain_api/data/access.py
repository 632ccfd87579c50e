"""What every way to the data can do."""

from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from psycopg_pool import AsyncConnectionPool, ConnectionPool

Record = dict[str, Any]
"""A row as JsonResponse takes it: numbers, text, decimals and moments by name."""


class Data(Protocol):
    """The functions of `orm` and `raw`, and of `async_orm` and `async_raw`, where all but `pool`
    are awaited. All send the same data statements."""

    def users(self, after: int, limit: int) -> list[Record]:
        """Up to `limit` users behind the id `after`, by id."""

    def user_with_orders(self, user_id: int) -> Record:
        """The user, under `orders` the orders, oldest first; Http404 if there is none."""

    def create_user(self, fields: Record) -> Record:
        """Insert a user; UsernameTakenError if the name is another's."""

    def replace_user(self, user_id: int, fields: Record) -> Record:
        """Overwrite a user; Http404, UsernameTakenError."""

    def delete_user(self, user_id: int) -> None:
        """Delete a user, whose orders the database deletes too; Http404."""

    def search(self, text: str) -> dict[str, list[Record]]:
        """Products with the text in their names, every category, the latest reviews."""

    def catalog(self, offset: int, limit: int) -> list[Any]:
        """Products with their categories, by id, for the template."""

    def password_is_right(self, username: str, password: str) -> bool:
        """Whether the account exists and this is its password."""

    def account_exists(self, username: str) -> bool:
        """Whether there is an account of that name."""

    def count_users(self) -> int:
        """How many users there are."""

    def last_days_sales(self) -> list[Record]:
        """Date, number of orders and total of each of the last seven days that have sales."""

    def pool(self) -> ConnectionPool | AsyncConnectionPool:
        """Where its connections come from."""


class AsyncData(Data, Protocol):
    """What the async ways can do beside."""

    def open_connections(self) -> AbstractAsyncContextManager[None]:
        """Every connection open, closed again at the end."""
