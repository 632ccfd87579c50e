"""What both ways to the data can do.

A record is a mapping or an object: schemas and templates read either.
"""

from typing import Any, Protocol

Record = Any

INT4_MAX = 2**31 - 1


class UsernameTakenError(Exception):
    """Another user has that name."""


class DataAccess(Protocol):
    """The functions of `orm` and of `raw`; both send the same data statements."""

    def value(self, record: Record, name: str) -> Any:
        """What a record, or a record within it, holds under that name."""

    def pool_use(self) -> dict[str, float]:
        """How often connections were `taken` for requests, and how long these `waited_ms`."""

    def users(self, after: int, limit: int) -> list[Record]:
        """Up to `limit` users whose id is above `after`, by id."""

    def user_with_orders(self, user_id: int) -> Record | None:
        """A user and its orders, oldest first."""

    def create_user(self, values: dict[str, Any]) -> Record:
        """The new user. Raises UsernameTakenError."""

    def update_user(self, user_id: int, values: dict[str, Any]) -> Record | None:
        """The user as it is now, or None when there is none. Raises UsernameTakenError."""

    def delete_user(self, user_id: int) -> bool:
        """Whether there was one to delete."""

    def search(self, text: str, limit: int) -> dict[str, list[Record]]:
        """Products that have the text in their name, all categories, the latest reviews."""

    def catalog(self, offset: int, limit: int) -> list[Record]:
        """Products with their category, by id."""

    def account(self, username: str) -> Record | None:
        """The account of that name, as a mapping."""

    def count_users(self) -> int:
        """How many users there are."""

    def sales_of_last_days(self, days: int) -> list[dict[str, Any]]:
        """`date`, `orders` and `total` of each of the data's last days, by date."""


def reason_it_cannot_be_stored(text: str) -> str:
    """Why PostgreSQL cannot hold the text, or nothing."""
    if "\x00" in text:
        return "Must not contain NUL."
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "Must not contain lone surrogates."
    return ""


def containing(text: str) -> str:
    """A LIKE pattern that finds the text literally, anywhere."""
    for special in "\\%_":
        text = text.replace(special, f"\\{special}")
    return f"%{text}%"
