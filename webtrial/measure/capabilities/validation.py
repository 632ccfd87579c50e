"""Validation of a body with three faults: what the response says, and how much code it takes."""

from collections.abc import Iterator
from typing import Any

import httpx

from webtrial.measure.capabilities.probes import Answer, Subject, exchanges, http_client, probe

FAULTY = {"username": "ab", "email": "nobody", "age": 7}


@probe("validation")
def names_faults(subject: Subject) -> Iterator[Answer]:
    """How many of the three faults the response names."""
    with http_client(subject.url) as client:
        response = client.post("/users", json=FAULTY)
    named = _names_in(response.json()) & FAULTY.keys() if _is_json_refusal(response) else set()
    yield Answer(
        "faults named out of three",
        str(len(named)),
        "POST with three invalid fields; number of their names in the JSON of the error response",
        exchanges(response),
        unit="fields",
    )


@probe("validation")
def counts_lines(subject: Subject) -> Iterator[Answer]:
    """How many lines of code validation takes, and how many of them are more than declarations."""
    sources = subject.sources
    yield _lines("lines of code", sources.lines_by_purpose()["validation"], _FILES)
    yield _lines(
        "lines of code in functions",
        sources.lines_in_functions("validation"),
        f"{_FILES}, only within functions and methods: checks beyond type hints and fields",
    )


_FILES = "lines of code in the files that define and validate request and response bodies"


def _lines(question: str, count: int, how: str) -> Answer:
    return Answer(question, str(count), how, "services/capabilities.toml", unit="lines")


def _is_json_refusal(response: httpx.Response) -> bool:
    kind: str = response.headers.get("content-type", "")
    return response.is_client_error and kind.startswith("application/json")


def _names_in(node: Any) -> set[str]:
    """Return every key and every string value of a JSON document."""
    match node:
        case dict():
            return set(node) | {name for each in node.values() for name in _names_in(each)}
        case list():
            return {name for each in node for name in _names_in(each)}
        case str():
            return {node}
    return set()
