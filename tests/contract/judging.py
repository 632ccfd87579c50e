"""What the contract asks of every answer, whichever shape a framework gives it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
from bs4 import BeautifulSoup

USER_FIELDS = {"username", "email", "age"}
INVALID = (400, 422)  # the framework's own choice
NO_DIGITS = ["1.0", "１", "+1", "1_0", " 1", "1\n"]
"""Not integers to the contract, though frameworks take one or another of them for one."""

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_MONEY = re.compile(r"\d+\.\d\d")


def canonical(body: bytes) -> str:
    """A JSON document with its keys sorted; numbers as they were written."""
    document = json.loads(body, parse_float=lambda text: f"float {text}", parse_constant=_refuse)
    return json.dumps(document, sort_keys=True, ensure_ascii=False)


def is_json(answer: httpx.Response) -> bool:
    """Whether an answer is JSON by what it says and by what it is."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    canonical(answer.content)
    return kind == "application/json" or kind.endswith("+json")


def refused(answer: httpx.Response, *statuses: int) -> bool:
    """Whether a request was refused with one of `statuses` (any 4xx) and a reason in JSON."""
    expected = answer.status_code in statuses if statuses else 400 <= answer.status_code < 500
    assert expected, f"{answer.request.method} {answer.request.url}: {shown(answer)}"
    assert is_json(answer), shown(answer)
    return True


def named(answer: httpx.Response) -> set[str]:
    """The fields that a validation error holds against the client.

    In a list of errors, as Pydantic gives it, the last part of each `loc`; else every key.
    """
    document = answer.json()
    details = document.get("detail")
    if isinstance(details, list):
        return {str(each["loc"][-1]) for each in details}
    return set(_keys(document))


def page_in(answer: httpx.Response) -> BeautifulSoup:
    """An answer's HTML."""
    return BeautifulSoup(answer.content, "html.parser")


def rows_of(page: BeautifulSoup) -> list[tuple[str, ...]]:
    """What each row of the catalogue shows: number, product, category, price."""
    rows = [[cell.get_text().strip() for cell in row.find_all("td")] for row in page.find_all("tr")]
    return [tuple(row) for row in rows if row]


def heading_of(page: BeautifulSoup) -> str:
    """The one heading of a page."""
    (heading,) = page.find_all("h1")
    return heading.get_text().strip()


def shown(answer: httpx.Response) -> str:
    """An answer for an assertion's message."""
    return f"{answer.status_code} {answer.headers.get('content-type')} {answer.text[:1000]!r}"


def is_timestamp(value: object) -> bool:
    """UTC, to the second: 2026-01-05T10:20:30Z."""
    return isinstance(value, str) and bool(_TIMESTAMP.fullmatch(value))


def is_money(value: object) -> bool:
    """Text with two decimals: 19.99."""
    return isinstance(value, str) and bool(_MONEY.fullmatch(value))


def _keys(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        for key, value in document.items():
            yield key
            yield from _keys(value)
    if isinstance(document, list):
        for value in document:
            yield from _keys(value)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
