"""Pages of users."""

from .data import data_access
from .data.access import INT4_MAX, Record


def users_page(after: int, limit: int) -> tuple[list[Record], int | None]:
    """Return users with ids above `after`, and the last one's id if more follow."""
    # One extra row shows whether another page follows.
    users = data_access().users(min(after, INT4_MAX), limit + 1)
    items = users[:limit]
    follows = len(users) > len(items)
    return items, data_access().value(items[-1], "id") if follows else None
