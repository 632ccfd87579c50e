"""What a probe is given and what it answers. Adding a probe is adding a function."""

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

ANSWER_S = 20.0
NOT_ASKED = "–"
"""The value of what can only be asked of another framework."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A framework that is asked: its service at `url`, with what that was told and has loaded, and
    at `alone_url` a service of the framework and nothing else. `account` is one of its staff.
    `others` are the addresses of services that only some frameworks have, by what they are for."""

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

    def box(self) -> set[str]:
        """The packages that come with the framework itself."""
        return closure([self.anatomy.package])


@dataclass(frozen=True, slots=True)
class Answer:
    """A question that was answered; `value`, `unit`, `how` and `evidence` are those of Finding.
    `absolute` is a figure that another machine would change."""

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
"""By capability, in the order in which findings are written; others may follow."""


def probe(capability: str) -> Callable[[Probe], Probe]:
    """Have a function asked about `capability`."""

    def register(function: Probe) -> Probe:
        PROBES.setdefault(capability, []).append(function)
        return function

    return register


@contextmanager
def visitor(url: str) -> Iterator[httpx.Client]:
    """A browser of its own cookies, which follows no redirects and knows no proxies."""
    with httpx.Client(base_url=url, timeout=ANSWER_S, trust_env=False) as client:
        yield trusting_loopback(client)


def yes_or_no(fact: bool) -> str:
    """How a fact is written down."""
    return YES if fact else NO


def seen(*answers: httpx.Response) -> str:
    """Answers as evidence: `GET /docs: 200, POST /users: 422`."""
    return ", ".join(
        f"{each.request.method} {each.request.url.path}: {each.status_code}" for each in answers
    )


def place_of(answer: httpx.Response) -> str:
    """The path that a redirect leads to; empty where it is none."""
    return urlsplit(answer.headers.get("location", "")).path if answer.is_redirect else ""
