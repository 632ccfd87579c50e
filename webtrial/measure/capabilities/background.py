"""Work that continues after the response, on the framework alone."""

import time
from collections.abc import Iterator

import httpx

from webtrial.measure.capabilities.asking import Answer, Subject, probe, seen, visitor, yes_or_no

PATIENCE_S = 60.0
_POLL_S = 0.05


@probe("background work")
def goes_on_after_the_answer(subject: Subject) -> Iterator[Answer]:
    """The response arrives before the work is done, and the work is done later."""
    with visitor(subject.alone_url) as client, visitor(subject.alone_url) as other:
        before = _done(client.get("/done"))
        answered = client.get("/later")
        counted = other.get("/done")
        is_early = answered.is_success and before is not None and _done(counted) == before
        other.get("/finish")  # the work waits until this request
        is_done = is_early and _comes_to(other, (before or 0) + 1)
    yield Answer(
        "answers before the work is done",
        yes_or_no(is_done),
        "a service of the framework and nothing else: work was undone when the answer had come, and"
        " done soon after; by what is made for it, else when the response is closed",
        seen(answered, counted),
    )


def _comes_to(client: httpx.Client, count: int) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while (done := _done(client.get("/done"))) != count and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    return done == count


def _done(answer: httpx.Response) -> int | None:
    """Return how often the work has been done; None if the response does not say."""
    try:
        return int(answer.json()["done"])
    except (ValueError, KeyError, TypeError):
        return None
