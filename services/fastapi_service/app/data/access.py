"""What every way to the data can do."""

import re
from typing import Any, Protocol

from .pool_use import PoolUse

Record = Any
"""A dictionary or an object: schemas and templates read either."""

INT4_MAX = 2**31 - 1
_STORABLE = re.compile("[^\x00\ud800-\udfff]*")


class UsernameTakenError(Exception):
    """Another user has that name."""


class Shop(Protocol):
    """The methods of every shop, all of which send the same data statements.

    Those of `threads` have them without async.
    """

    def pool_use(self) -> PoolUse:
        """How often requests took a connection, and how long they waited."""

    async def users(self, after: int, limit: int) -> list[Record]:
        """Up to `limit` users whose id is above `after`, by id."""

    async def user_with_orders(self, user_id: int) -> Record | None:
        """A user and its orders, oldest first."""

    async def create_user(self, values: dict[str, Any]) -> Record:
        """The new user. Raises UsernameTakenError."""

    async def update_user(self, user_id: int, values: dict[str, Any]) -> Record | None:
        """The user as it is now, or None when there is none. Raises UsernameTakenError."""

    async def delete_user(self, user_id: int) -> bool:
        """Whether there was one to delete."""

    async def search(self, text: str, limit: int) -> dict[str, list[Record]]:
        """Products that have the text in their name, all categories, the latest reviews."""

    async def catalog(self, offset: int, limit: int) -> list[Record]:
        """Products with their category, by id."""

    async def account(self, username: str) -> dict[str, Any] | None:
        """The account of that name: username and password_hash."""

    async def count_users(self) -> int:
        """How many users there are."""

    async def sales_of_last_days(self, days: int) -> list[Record]:
        """Orders and total of each of the data's last days, by date."""


def can_be_stored(text: str) -> bool:
    """Whether PostgreSQL can hold the text: no NUL, no lone surrogates."""
    return _STORABLE.fullmatch(text) is not None


def containing(text: str) -> str:
    """A LIKE pattern that finds the text literally, anywhere."""
    for special in "\\%_":
        text = text.replace(special, f"\\{special}")
    return f"%{text}%"
