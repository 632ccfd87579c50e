"""How often an account may be tried: guessing stops here, whoever asks and whatever is set."""

from math import ceil
from time import time

from fastapi import HTTPException, status
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

LIMIT = RateLimitItemPerMinute(20)
LONGEST_NAME = 50  # of an account; what is longer belongs to nobody and is counted as one

# Its minute begins with the first try and is forgotten when it is over, and the name with it.
_tries = FixedWindowRateLimiter(MemoryStorage())


def count(username: str) -> None:
    """Count a try to sign in; 429 where it is one too many."""
    name = username[: LONGEST_NAME + 1]
    if not _tries.hit(LIMIT, name):
        wait_s = max(1, ceil(_tries.get_window_stats(LIMIT, name).reset_time - time()))
        raise HTTPException(
            status.HTTP_429_TOO_MANY_REQUESTS,
            "Too many tries to sign in: wait a minute",
            headers={"Retry-After": str(wait_s)},
        )


def forget(username: str) -> None:
    """Who has signed in starts anew."""
    _tries.clear(LIMIT, username[: LONGEST_NAME + 1])
