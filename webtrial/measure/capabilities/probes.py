"""Input and output of a probe. To add a probe, add a function."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from webtrial.measure.capabilities.anatomy import Anatomy
from webtrial.measure.capabilities.packages import closure
from webtrial.measure.capabilities.sources import Sources
from webtrial.measure.launch import ServiceSettings
from webtrial.run.capabilities import NO, YES
from webtrial.run.stacks import Stack
from webtrial.system.plain_http import trusting_loopback

TIMEOUT_S = 20.0
NOT_APPLICABLE = "–"
"""The value of a question that applies only to other frameworks."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A framework under examination and its services.

    `url` is the address of its service under test, with its `settings` and loaded `sources`.
    `alone_url` is that of a minimal service that uses only the framework. `account` is a staff
    user. `others` maps purposes to the addresses of services that only some frameworks have.
    """

    framework: str
    anatomy: Anatomy
    stack: Stack
    settings: ServiceSettings
    sources: Sources
    url: str
    alone_url: str
    account: str
    password: str
    others: Mapping[str, str] = field(default_factory=dict)

    def own_packages(self) -> set[str]:
        """Return the packages that come with the framework itself."""
        return closure([self.anatomy.package])


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question; `value`, `unit`, `how` and `evidence` are those of Finding.

    `absolute` marks a figure that depends on the machine.
    """

    question: str
    value: str
    how: str
    evidence: str
    unit: str = ""
    absolute: bool = False


Probe = Callable[[Subject], Iterable[Answer]]

PROBES: dict[str, list[Probe]] = {
    capability: []
    for capability in (
        *("validation", "documentation", "session login", "bearer token", "admin"),
        *("migrations", "ORM", "async database", "WebSocket", "background work"),
        *("printed code", "lines of code", "installed packages"),
    )
}
"""Probes by capability, in the order in which findings are written; others may follow."""


def probe(capability: str) -> Callable[[Probe], Probe]:
    """Return a decorator that registers a function as a probe of `capability`."""

    def register(function: Probe) -> Probe:
        PROBES.setdefault(capability, []).append(function)
        return function

    return register


@contextmanager
def http_client(url: str) -> Iterator[httpx.Client]:
    """Yield an HTTP client with its own cookies; it follows no redirects and uses no proxies."""
    with httpx.Client(base_url=url, timeout=TIMEOUT_S, trust_env=False) as client:
        yield trusting_loopback(client)


def yes_or_no(fact: bool) -> str:
    """Return how a fact is written in a finding."""
    return YES if fact else NO


def exchanges(*responses: httpx.Response) -> str:
    """Return responses as evidence: `GET /docs: 200, POST /users: 422`."""
    return ", ".join(
        f"{each.request.method} {each.request.url.path}: {each.status_code}" for each in responses
    )


def redirect_target(response: httpx.Response) -> str:
    """Return the path that a redirect leads to; empty if it is no redirect."""
    return urlsplit(response.headers.get("location", "")).path if response.is_redirect else ""
