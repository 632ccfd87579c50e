"""Counts of a service's database connection pool, as `GET /pool` reports them."""

from dataclasses import dataclass

import httpx

from webtrial.system.plain_http import plain_client

TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class PoolCounts:
    """Number of connections taken from the pool, and total time that requests waited for them."""

    taken: int
    waited_ms: float


def pool_counts(url: str) -> PoolCounts | None:
    """Return the counts of the service at `url`; None if it reports none or does not respond."""
    try:
        with plain_client(TIMEOUT_S) as client:
            counts = client.get(f"{url}/pool").raise_for_status().json()
        return PoolCounts(int(counts["taken"]), float(counts["waited_ms"]))
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None


def pool_between(before: PoolCounts | None, after: PoolCounts | None) -> PoolCounts | None:
    """Return the difference of two counts.

    None if one is unknown, or if the process is a new one.
    """
    if before is None or after is None or after.taken < before.taken:
        return None
    waited_ms = round(after.waited_ms - before.waited_ms, 3)
    return PoolCounts(after.taken - before.taken, waited_ms)
