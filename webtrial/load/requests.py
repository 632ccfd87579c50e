"""Requests of a scenario: what they need, what they expect, and how a session yields them."""

from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from webtrial.load.wire import once


@dataclass(frozen=True, slots=True)
class SeededData:
    """Content of the seeded database from which requests are made."""

    users: int
    words: dict[str, tuple[str, ...]]
    accounts: tuple[str, ...]
    password: str


@dataclass(frozen=True, slots=True)
class ExpectedBody:
    """The response that all stacks agree on: length and checksum of one stack's body."""

    length: int
    checksum: int


ExpectedBodies = dict[str, ExpectedBody]
"""Expected body of one stack, by request target such as `/users/17`."""

Tokens = dict[str, str]
"""Bearer token that one stack issued, by account."""


@dataclass(slots=True)
class RequestSpec:
    """One request and its expected response. `known` is None if the session checks the body."""

    request: httpx.Request
    kind: str
    statuses: tuple[int, ...]
    known: ExpectedBody | None = None
    subject: Any = None


class Session(Protocol):
    """The requests of one user: call `next` and `check_response` alternately."""

    def next(self) -> RequestSpec:
        """Return the next request."""

    def check_response(self, spec: RequestSpec, status: int, body: bytes) -> str:
        """Return `ok` or the kind of error: status, empty, wrong_length, wrong_content."""

    def response_lost(self, spec: RequestSpec) -> None:
        """Call this instead of `check_response` without a response: its effect is unknown."""


@dataclass(frozen=True, slots=True)
class ScenarioContext:
    """Everything that a scenario needs to create sessions."""

    base_url: str
    seed: int
    timeout_s: float
    seeded_data: SeededData
    expected_bodies: ExpectedBodies
    tokens: Tokens

    def request(self, method: str, target: str, **content: Any) -> httpx.Request:
        """Return a request to this stack, already rendered; `content` goes to httpx.Request."""
        limits = {"timeout": {"total": self.timeout_s}}
        return once(httpx.Request(method, self.base_url + target, extensions=limits, **content))


def seeded_data_from(built: dict[str, Any], password: str) -> SeededData:
    """Return the seeded data described by the output of the database build."""
    words = {kind: tuple(found) for kind, found in built["search_words"].items()}
    return SeededData(built["rows"]["users"], words, tuple(built["accounts"]), password)
