"""Interface of the data access.

A record is a mapping or an object: schemas and templates read both.
"""

from typing import Any, Protocol

Record = Any

INT4_MAX = 2**31 - 1


class UsernameTakenError(Exception):
    """Another user already has that name."""


class DataAccess(Protocol):
    """The functions of `orm` and of `raw`; both send the same data statements."""

    def value(self, record: Record, name: str) -> Any:
        """Return the value of a record's field, or of a field of a nested record."""

    def pool_use(self) -> dict[str, float]:
        """Return how often connections were `taken`, and how long requests `waited_ms`."""

    def users(self, after: int, limit: int) -> list[Record]:
        """Return up to `limit` users whose id is above `after`, by id."""

    def user_with_orders(self, user_id: int) -> Record | None:
        """Return a user and its orders, oldest first."""

    def create_user(self, values: dict[str, Any]) -> Record:
        """Return the new user. Raises UsernameTakenError."""

    def update_user(self, user_id: int, values: dict[str, Any]) -> Record | None:
        """Return the updated user, or None if there is none. Raises UsernameTakenError."""

    def delete_user(self, user_id: int) -> bool:
        """Return whether the user existed."""

    def search(self, text: str, limit: int) -> dict[str, list[Record]]:
        """Return products with the text in their names, all categories and the latest reviews."""

    def catalog(self, offset: int, limit: int) -> list[Record]:
        """Return products with their categories, by id."""

    def account(self, username: str) -> Record | None:
        """Return the account of that name, as a mapping."""

    def count_users(self) -> int:
        """Return the number of users."""

    def sales_of_last_days(self, days: int) -> list[dict[str, Any]]:
        """Return `date`, `orders` and `total` of each of the data's last days, by date."""


def reason_it_cannot_be_stored(text: str) -> str:
    """Return why PostgreSQL cannot store the text, or an empty text."""
    if "\x00" in text:
        return "Must not contain NUL."
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "Must not contain lone surrogates."
    return ""


def containing(text: str) -> str:
    """Return a LIKE pattern that finds the text literally, anywhere."""
    for special in "\\%_":
        text = text.replace(special, f"\\{special}")
    return f"%{text}%"
