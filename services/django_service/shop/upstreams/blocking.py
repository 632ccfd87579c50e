"""Requests from a thread: one after another, or each in its own thread."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from django.conf import settings

from shop.upstreams.questions import FAILURES, UPSTREAMS, Question, client_options, content

# One client per upstream, shared by the process's threads.
_clients = {name: httpx.Client(**client_options(url)) for name, url in UPSTREAMS.items()}

# Both maps keep the order. Python's own map sends a request each time a result is taken. The map of
# the threads sends all at once: there are as many threads as connections to the upstreams.
_map = (
    ThreadPoolExecutor(len(_clients) * settings.UPSTREAM_CONNECTIONS, "upstreams").map
    if settings.SOURCES == "threads"
    else map
)


def answers_to(questions: Iterable[Question]) -> Iterator[Any]:
    """Yield the response to each request; None if it fails, is late or is not valid JSON."""
    return _map(_ask, questions)


def _ask(question: Question) -> Any:
    try:
        client = _clients[question.upstream]
        return content(client.get(question.path, timeout=question.timeout))
    except FAILURES:
        return None
