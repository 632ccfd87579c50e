"""Validation of a body with three faults: what the response says, and how much code it takes."""

from collections.abc import Iterator
from typing import Any

import httpx

from webtrial.measure.capabilities.asking import Answer, Subject, probe, seen, visitor

FAULTY = {"username": "ab", "email": "nobody", "age": 7}


@probe("validation")
def names_faults(subject: Subject) -> Iterator[Answer]:
    """How many of the three faults the response names."""
    with visitor(subject.url) as client:
        answer = client.post("/users", json=FAULTY)
    named = _names_in(answer.json()) & FAULTY.keys() if _is_json_refusal(answer) else set()
    yield Answer(
        "faults named of three at once",
        str(len(named)),
        "a body with three faults; the names of its fields looked for in the JSON of the refusal",
        seen(answer),
        unit="fields",
    )


@probe("validation")
def takes_lines(subject: Subject) -> Iterator[Answer]:
    """How many lines of code validation takes, and how many of them are more than declarations."""
    sources = subject.sources
    yield _lines("lines of code", sources.lines_by_purpose()["validation"], _FILES)
    yield _lines(
        "lines of code in functions",
        sources.lines_in_functions("validation"),
        f"{_FILES}, those of functions and methods alone: checks beyond type hints and fields",
    )


_FILES = "lines of code in the files that describe and check what comes in and goes out"


def _lines(question: str, count: int, how: str) -> Answer:
    return Answer(question, str(count), how, "services/capabilities.toml", unit="lines")


def _is_json_refusal(answer: httpx.Response) -> bool:
    kind: str = answer.headers.get("content-type", "")
    return answer.is_client_error and kind.startswith("application/json")


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
