"""Two frameworks at one address: whether one can run next to the other, or replace it stepwise."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import httpx

from webtrial.load.requests import SeededData
from webtrial.measure.capabilities.pages import is_page, sign_in_form
from webtrial.measure.capabilities.probes import Answer, exchanges, http_client, yes_or_no
from webtrial.measure.launch import LaunchSpec, ServiceSettings, launch_stack
from webtrial.run.stacks import Stack

CAPABILITY = "migration"
TOGETHER = "django-with-fastapi"
HALF_MIGRATED = "flask-to-fastapi-half"
STACKS = (TOGETHER, HALF_MIGRATED)

ROUTES = {
    "ping": "/ping",
    "users": "/users/1",
    "products": "/products/search?q=lamp",
    "catalog": "/catalog",
    "tokens": "/token",
    "dashboard": "/dashboard/stats",
    "measuring": "/sources?count=1&delay_ms=0",
}
"""One URL from every group of routes that MOVED can name."""

_LOGIN = "/accounts/login/"


def answers(
    specs: Mapping[str, LaunchSpec], seeded_data: SeededData
) -> Iterator[tuple[str, Answer]]:
    """Yield answers by the framework that a project migrates from.

    `specs` has STACKS, each on its own copy of the data.
    """
    stack, settings, log = specs[TOGETHER]
    with launch_stack(stack, settings, None, log) as service:
        yield "Django", serves_together(service.url, seeded_data)
    yield "Flask", moves_stepwise(*specs[HALF_MIGRATED], seeded_data)


def serves_together(url: str, seeded_data: SeededData) -> Answer:
    """Whether the admin, a session login and FastAPI's API work together at `url`."""
    with http_client(url) as client:
        refused = client.get(ROUTES["dashboard"])
        _sign_in(client, seeded_data)
        listed, account = client.get("/admin/shop/user/"), client.get("/account/")
        first, stats = client.get("/users?limit=1"), client.get(ROUTES["dashboard"])
    pages = is_page(listed) and is_page(account)
    works = (
        refused.status_code == httpx.codes.UNAUTHORIZED
        and pages
        and seeded_data.accounts[0] in account.text
        and {first.status_code, stats.status_code} == {httpx.codes.OK}
        and first.json()["items"][0]["username"] in listed.text
    )
    return Answer(
        "admin, session login and FastAPI's API at one address",
        yes_or_no(works),
        "signed in by Django's form: the admin lists the first user that FastAPI returns, and a"
        " FastAPI route that requires an account accepts the session",
        exchanges(refused, listed, account, first, stats),
    )


def moves_stepwise(
    stack: Stack, settings: ServiceSettings, log: Path, seeded_data: SeededData
) -> Answer:
    """Whether all groups of routes respond before the first move to FastAPI and after each move."""
    groups = list(ROUTES)
    refused = [
        f"{step} moved, {response.request.url.path}: {response.status_code}"
        for step in range(len(groups) + 1)
        for response in _responses(_at_step(stack, groups[:step]), settings, log, seeded_data)
        if response.status_code != httpx.codes.OK
    ]
    return Answer(
        "routes move to FastAPI group by group",
        yes_or_no(not refused),
        "one URL of each group requested before the first move and after each move",
        ", ".join(refused) or f"{len(groups) + 1} steps: 200 for each of {', '.join(groups)}",
    )


def _at_step(stack: Stack, moved: list[str]) -> Stack:
    variables = {"MOVED": ", ".join(moved) or "none"}
    return replace(stack, environment=stack.environment | variables)


def _responses(
    stack: Stack, settings: ServiceSettings, log: Path, seeded_data: SeededData
) -> list[httpx.Response]:
    """Return the service's response for each group."""
    credentials = {"username": seeded_data.accounts[0], "password": seeded_data.password}
    with launch_stack(stack, settings, None, log) as service, http_client(service.url) as client:
        token = client.post(ROUTES["tokens"], data=credentials)
        access_token = token.json()["access_token"] if token.is_success else "none"
        bearer = {"Authorization": f"Bearer {access_token}"}
        others = [path for group, path in ROUTES.items() if group != "tokens"]
        return [token, *(client.get(path, headers=bearer) for path in others)]


def _sign_in(client: httpx.Client, seeded_data: SeededData) -> None:
    form = sign_in_form(client.get(_LOGIN))
    credentials = {"username": seeded_data.accounts[0], "password": seeded_data.password}
    client.post(_LOGIN, data=(form.hidden if form else {}) | credentials)
