"""Limit of sign-in attempts per account, which stops password guessing from any client."""

from math import ceil
from time import time

from fastapi import HTTPException, status
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

LIMIT = RateLimitItemPerMinute(20)
LONGEST_NAME = 50  # of an account; longer names do not exist and share one count

# The minute of a name begins with its first attempt; afterwards the name is forgotten.
_tries = FixedWindowRateLimiter(MemoryStorage())


def count(username: str) -> None:
    """Count a sign-in attempt; 429 if it is one too many."""
    name = username[: LONGEST_NAME + 1]
    if not _tries.hit(LIMIT, name):
        wait_s = max(1, ceil(_tries.get_window_stats(LIMIT, name).reset_time - time()))
        raise HTTPException(
            status.HTTP_429_TOO_MANY_REQUESTS,
            "Too many tries to sign in: wait a minute",
            headers={"Retry-After": str(wait_s)},
        )


def forget(username: str) -> None:
    """Reset the count of an account that has signed in."""
    _tries.clear(LIMIT, username[: LONGEST_NAME + 1])
