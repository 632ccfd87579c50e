"""Requests to the upstream services, one after another or at once."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
from flask import Flask, current_app

from .config import Settings

PATHS = {"inventory": "/stock", "analytics": "/metrics"}


@dataclass(frozen=True, slots=True)
class Question:
    """A GET request to one upstream, with the time limit `timeout_s`."""

    client: httpx.Client
    path: str
    timeout_s: float

    def ask(self) -> Any | None:
        """Return the response's JSON; None if it fails, is late or is not valid JSON."""
        # Waiting for a free connection of our own does not count as late.
        timeout = httpx.Timeout(self.timeout_s, pool=None)
        try:
            response = self.client.get(self.path, timeout=timeout)
            if response.status_code != httpx.codes.OK:
                return None
            return response.json(parse_constant=_refuse)
        except (httpx.HTTPError, ValueError, RecursionError):
            return None


Ask = Callable[[Iterable[Question]], list[Any | None]]


@dataclass(frozen=True, slots=True)
class Upstreams:
    """A client for each, shared by all requests of the process, and the way to send several."""

    clients: dict[str, httpx.Client]
    timeout_s: float
    ask: Ask

    def of_dashboard(self) -> dict[str, Any | None]:
        """Return the response of each upstream, by its name."""
        questions = [
            Question(client, PATHS[name], self.timeout_s) for name, client in self.clients.items()
        ]
        return dict(zip(self.clients, self.ask(questions), strict=True))

    def sources(self, count: int, delay_ms: int) -> list[Any | None]:
        """Return the responses of the inventory's sources, by number; each takes `delay_ms`."""
        client, timeout_s = self.clients["inventory"], self.timeout_s + delay_ms / 1e3
        return self.ask(
            Question(client, f"/source/{number}/{delay_ms}", timeout_s)
            for number in range(1, count + 1)
        )


def init_app(app: Flask, settings: Settings) -> None:
    """Create the clients that the process's requests share."""
    clients = {
        "inventory": _client(settings.inventory_url, settings.upstream_connections),
        "analytics": _client(settings.analytics_url, settings.upstream_connections),
    }
    ask = _in_turn
    if settings.sources == "threads":
        # One thread per connection: with fewer, requests would wait for threads.
        ask = _in_threads(len(clients) * settings.upstream_connections)
    app.extensions["upstreams"] = Upstreams(clients, settings.upstream_timeout_s, ask)


def upstreams() -> Upstreams:
    """Return the upstreams of the current application."""
    return current_app.extensions["upstreams"]


def _in_turn(questions: Iterable[Question]) -> list[Any | None]:
    return [question.ask() for question in questions]


def _in_threads(threads: int) -> Ask:
    pool = ThreadPoolExecutor(threads, "upstreams")
    return lambda questions: list(pool.map(Question.ask, questions))


def _client(base_url: str, connections: int) -> httpx.Client:
    return httpx.Client(
        base_url=base_url,
        # Keep all connections: by default, httpx closes idle ones beyond 20, or after 5 s.
        limits=httpx.Limits(
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=None,
        ),
        trust_env=False,
    )


def _refuse(constant: str) -> None:
    # Python reads NaN and Infinity, which our own response could not contain.
    raise ValueError(f"{constant} is not JSON")
