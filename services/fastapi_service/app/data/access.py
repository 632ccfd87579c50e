"""Interface of the data access."""

import re
from typing import Any, Protocol

from .pool_use import PoolUse

Record = Any
"""A dictionary or an object: schemas and templates read both."""

INT4_MAX = 2**31 - 1
_STORABLE = re.compile("[^\x00\ud800-\udfff]*")


class UsernameTakenError(Exception):
    """Another user already has that name."""


class Shop(Protocol):
    """Methods of the data access; all implementations send the same data statements.

    In `threads` the methods are not async.
    """

    def pool_use(self) -> PoolUse:
        """Return how often requests took a connection, and how long they waited."""

    async def users(self, after: int, limit: int) -> list[Record]:
        """Return up to `limit` users whose id is above `after`, by id."""

    async def user_with_orders(self, user_id: int) -> Record | None:
        """Return a user and its orders, oldest first."""

    async def create_user(self, values: dict[str, Any]) -> Record:
        """Return the new user. Raises UsernameTakenError."""

    async def update_user(self, user_id: int, values: dict[str, Any]) -> Record | None:
        """Return the updated user, or None if there is none. Raises UsernameTakenError."""

    async def delete_user(self, user_id: int) -> bool:
        """Return whether the user existed."""

    async def search(self, text: str, limit: int) -> dict[str, list[Record]]:
        """Return products with the text in their names, all categories and the latest reviews."""

    async def catalog(self, offset: int, limit: int) -> list[Record]:
        """Return products with their categories, by id."""

    async def account(self, username: str) -> dict[str, Any] | None:
        """Return the account of that name: username and password_hash."""

    async def count_users(self) -> int:
        """Return the number of users."""

    async def sales_of_last_days(self, days: int) -> list[Record]:
        """Return orders and total of each of the data's last days, by date."""


def can_be_stored(text: str) -> bool:
    """Return whether PostgreSQL can store the text: no NUL, no lone surrogates."""
    return _STORABLE.fullmatch(text) is not None


def containing(text: str) -> str:
    """Return a LIKE pattern that finds the text literally, anywhere."""
    for special in "\\%_":
        text = text.replace(special, f"\\{special}")
    return f"%{text}%"
