"""The two services that the dashboard asks, one after the other."""

from typing import Any

import httpx
from django.conf import settings

PATHS = {"inventory": "/stock", "analytics": "/metrics"}


def _client(base_url: str) -> httpx.Client:
    connections = settings.UPSTREAM_CONNECTIONS
    return httpx.Client(
        base_url=base_url,
        # All are kept: httpx would close idle ones beyond 20, or after 5 s.
        limits=httpx.Limits(
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=None,
        ),
        # A wait for a free connection of ours is not the upstream being late.
        timeout=httpx.Timeout(settings.UPSTREAM_TIMEOUT_S, pool=None),
        trust_env=False,
    )


# A client for each, shared by the process's threads.
_clients = {
    "inventory": _client(settings.INVENTORY_URL),
    "analytics": _client(settings.ANALYTICS_URL),
}


def ask_all() -> dict[str, Any]:
    """Each upstream's answer under its name, and under `missing` the names of those without."""
    answers = {name: _ask(client, PATHS[name]) for name, client in _clients.items()}
    return answers | {"missing": [name for name, answer in answers.items() if answer is None]}


def _ask(client: httpx.Client, path: str) -> Any:
    try:
        response = client.get(path)
        if response.status_code != httpx.codes.OK:
            return None
        return response.json(parse_constant=_refuse)
    except (httpx.HTTPError, ValueError, RecursionError):
        return None


def _refuse(constant: str) -> None:
    # Python reads NaN and Infinity, which our own answer could not carry.
    raise ValueError(f"{constant} is not JSON")
