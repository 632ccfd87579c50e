"""The two services that the dashboard asks, one after the other."""

from typing import Any

import httpx
from flask import Flask, current_app

PATHS = {"inventory": "/stock", "analytics": "/metrics"}


def init_app(app: Flask) -> None:
    """A client for each, shared by the process's threads."""
    connections, timeout_s = app.config["UPSTREAM_CONNECTIONS"], app.config["UPSTREAM_TIMEOUT_S"]
    app.extensions["upstreams"] = {
        name: _client(url, connections, timeout_s)
        for name, url in app.config["UPSTREAM_URLS"].items()
    }


def ask(name: str) -> Any | None:
    """What the upstream of that name says, or None when it fails, is late or makes no sense."""
    client: httpx.Client = current_app.extensions["upstreams"][name]
    try:
        response = client.get(PATHS[name])
        if response.status_code != 200:
            return None
        return response.json(parse_constant=_refuse)
    except (httpx.HTTPError, ValueError, RecursionError):
        return None


def _client(base_url: str, connections: int, timeout_s: float) -> httpx.Client:
    return httpx.Client(
        base_url=base_url,
        # All are kept: httpx would close idle ones beyond 20, or after 5 s.
        limits=httpx.Limits(
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=None,
        ),
        # A wait for a free connection of ours is not the upstream being late.
        timeout=httpx.Timeout(timeout_s, pool=None),
        trust_env=False,
    )


def _refuse(constant: str) -> None:
    # Python reads NaN and Infinity, which our own answer could not carry.
    raise ValueError(f"{constant} is not JSON")
