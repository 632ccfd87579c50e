"""Work that continues after the response, on the framework alone."""

import time
from collections.abc import Iterator

import httpx

from webtrial.measure.capabilities.probes import (
    Answer,
    Subject,
    exchanges,
    http_client,
    probe,
    yes_or_no,
)

PATIENCE_S = 60.0
_POLL_S = 0.05


@probe("background work")
def continues_after_response(subject: Subject) -> Iterator[Answer]:
    """The response arrives before the work is done, and the work is done later."""
    with http_client(subject.alone_url) as client, http_client(subject.alone_url) as other:
        before = _done(client.get("/done"))
        started = client.get("/later")
        during = other.get("/done")
        is_early = started.is_success and before is not None and _done(during) == before
        other.get("/finish")  # the work waits until this request
        is_done = is_early and _reaches(other, (before or 0) + 1)
    yield Answer(
        "responds before the work is done",
        yes_or_no(is_done),
        "minimal service (framework only): the work was not done when the response arrived, and"
        " was done soon after; with the framework's own mechanism, otherwise when the response is"
        " closed",
        exchanges(started, during),
    )


def _reaches(client: httpx.Client, count: int) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while (done := _done(client.get("/done"))) != count and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    return done == count


def _done(response: httpx.Response) -> int | None:
    """Return how often the work has been done; None if the response does not say."""
    try:
        return int(response.json()["done"])
    except (ValueError, KeyError, TypeError):
        return None
