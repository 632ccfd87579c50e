"""The two services that the dashboard asks."""

import logging
from typing import Any

import httpx
from flask import Flask, current_app


def init_app(app: Flask) -> None:
    """One client for the process: its connections are kept between requests."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    app.extensions["upstreams"] = httpx.Client(
        timeout=app.config["UPSTREAM_TIMEOUT_S"], trust_env=False
    )


def ask(name: str) -> Any | None:
    """What the upstream of that name says, or None when it fails, is late or makes no sense."""
    client: httpx.Client = current_app.extensions["upstreams"]
    try:
        response = client.get(current_app.config["UPSTREAM_URLS"][name])
        if response.status_code != 200:
            return None
        return response.json(parse_constant=_refuse)
    except (httpx.HTTPError, ValueError, RecursionError):
        return None


def _refuse(constant: str) -> None:
    # Python reads NaN and Infinity, which our own answer could not carry.
    raise ValueError(f"{constant} is not JSON")
