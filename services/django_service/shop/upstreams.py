"""The two services that the dashboard asks, one after the other."""

from typing import Any

import httpx
from django.conf import settings

# One client for the process, shared by its threads, so that connections are kept.
_client = httpx.Client(timeout=settings.UPSTREAM_TIMEOUT_S, trust_env=False)

SOURCES = {
    "inventory": f"{settings.INVENTORY_URL.rstrip('/')}/stock",
    "analytics": f"{settings.ANALYTICS_URL.rstrip('/')}/metrics",
}


def ask_all() -> dict[str, Any]:
    """Each upstream's answer under its name, and under `missing` the names of those without."""
    answers = {name: _ask(url) for name, url in SOURCES.items()}
    return answers | {"missing": [name for name, answer in answers.items() if answer is None]}


def _ask(url: str) -> Any:
    try:
        response = _client.get(url)
        if response.status_code != httpx.codes.OK:
            return None
        return response.json(parse_constant=_refuse)
    except (httpx.HTTPError, ValueError, RecursionError):
        return None


def _refuse(constant: str) -> None:
    # Python reads NaN and Infinity, which our own answer could not carry.
    raise ValueError(f"{constant} is not JSON")
