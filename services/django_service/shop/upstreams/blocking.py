"""Asking from a thread: one question after the other, or each in a thread of its own."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from django.conf import settings

from shop.upstreams.questions import FAILURES, UPSTREAMS, Question, client_options, content

# A client for each, shared by the process's threads.
_clients = {name: httpx.Client(**client_options(url)) for name, url in UPSTREAMS.items()}

# Both maps keep the order. Python's own asks each time that an answer is taken; that of the
# threads, of which there are as many as connections to the upstreams, asks everything at once.
_map = (
    ThreadPoolExecutor(len(_clients) * settings.UPSTREAM_CONNECTIONS, "upstreams").map
    if settings.SOURCES == "threads"
    else map
)


def answers_to(questions: Iterable[Question]) -> Iterator[Any]:
    """The answer to each question; None for one that fails, is late or makes no sense."""
    return _map(_ask, questions)


def _ask(question: Question) -> Any:
    try:
        client = _clients[question.upstream]
        return content(client.get(question.path, timeout=question.timeout))
    except FAILURES:
        return None
