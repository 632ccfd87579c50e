"""What a service's pool of connections to the database has counted, as `GET /pool` tells it."""

from dataclasses import dataclass

import httpx

from webtrial.system.plain_http import plain_client

TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class PoolCounts:
    """Connections that were taken, and how long requests waited for them, in all."""

    taken: int
    waited_ms: float


def pool_counts(url: str) -> PoolCounts | None:
    """What the service at `url` tells; None where it does not tell, or does not answer."""
    try:
        with plain_client(TIMEOUT_S) as client:
            told = client.get(f"{url}/pool").raise_for_status().json()
        return PoolCounts(int(told["taken"]), float(told["waited_ms"]))
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None


def pool_between(before: PoolCounts | None, after: PoolCounts | None) -> PoolCounts | None:
    """What was counted in between; None where that is not known, or the process is another one
    since."""
    if before is None or after is None or after.taken < before.taken:
        return None
    waited_ms = round(after.waited_ms - before.waited_ms, 3)
    return PoolCounts(after.taken - before.taken, waited_ms)
