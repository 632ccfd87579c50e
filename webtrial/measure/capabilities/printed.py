"""Code printed in the article, run exactly as printed."""

from collections.abc import Iterator

import httpx

from webtrial.measure.capabilities.probes import (
    NOT_APPLICABLE,
    Answer,
    Subject,
    exchanges,
    http_client,
    probe,
    yes_or_no,
)

SERVICE = "printed"
_PATHS = ("/products/search", "/products/search-in-turn")
_WORD = "lamp"


@probe("printed code")
def search_runs(subject: Subject) -> Iterator[Answer]:
    """Whether the handler that gathers three queries on one connection works.

    The same queries are also run in turn, to show that a failure is due neither to the database nor
    to the queries.
    """
    question = "search handler runs"
    how = "the handler as printed, on PostgreSQL; for comparison, the same queries in turn"
    if (url := subject.others.get(SERVICE)) is None:
        yield Answer(question, NOT_APPLICABLE, how, "no such service")
        return
    printed, in_turn = (_search(url, path) for path in _PATHS)
    error = "" if printed.is_success else f", {_error_of(printed)}"
    yield Answer(question, yes_or_no(printed.is_success), how, exchanges(printed, in_turn) + error)


def _search(url: str, path: str) -> httpx.Response:
    with http_client(url) as client:
        return client.get(path, params={"q": _WORD})


def _error_of(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        return "no error reported"
