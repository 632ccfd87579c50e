"""Limit of sign-in attempts per account, which stops password guessing from any client."""

from math import ceil
from time import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

LIMIT = RateLimitItemPerMinute(20)
LONGEST_NAME = 50  # of an account; longer names do not exist and share one count

# The minute of a name begins with its first attempt; afterwards the name is forgotten.
_tries = FixedWindowRateLimiter(MemoryStorage())


class TooManyTriesError(Exception):
    """Too many attempts for an account; `wait_s` is how long to wait."""

    def __init__(self, wait_s: int) -> None:
        super().__init__("Too many tries to sign in: wait a minute.")
        self.wait_s = wait_s


def count(username: str) -> None:
    """Count a sign-in attempt; TooManyTriesError if it is one too many."""
    name = username[: LONGEST_NAME + 1]
    if not _tries.hit(LIMIT, name):
        wait_s = _tries.get_window_stats(LIMIT, name).reset_time - time()
        raise TooManyTriesError(max(1, ceil(wait_s)))


def forget(username: str) -> None:
    """Reset the count of an account that has signed in."""
    _tries.clear(LIMIT, username[: LONGEST_NAME + 1])
