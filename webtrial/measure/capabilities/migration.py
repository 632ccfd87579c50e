"""Two frameworks at one address: whether one can run next to the other, or replace it stepwise."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import httpx

from webtrial.load.scenarios import SeededData
from webtrial.measure.capabilities.asking import Answer, seen, visitor, yes_or_no
from webtrial.measure.capabilities.pages import is_page, sign_in_form
from webtrial.measure.launch import ServiceSettings, launch_stack
from webtrial.run.stacks import Stack

Wanted = Mapping[str, tuple[Stack, ServiceSettings, Path]]

CAPABILITY = "migration"
TOGETHER = "django-with-fastapi"
ON_THE_WAY = "flask-to-fastapi-half"
STACKS = (TOGETHER, ON_THE_WAY)

ASKED = {
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


def answers(wanted: Wanted, seeded_data: SeededData) -> Iterator[tuple[str, Answer]]:
    """Yield answers by the framework that is left.

    `wanted` has STACKS, each on its own copy of the data.
    """
    stack, settings, log = wanted[TOGETHER]
    with launch_stack(stack, settings, None, log) as service:
        yield "Django", serves_beside(service.url, seeded_data)
    yield "Flask", moves_step_by_step(*wanted[ON_THE_WAY], seeded_data)


def serves_beside(url: str, seeded_data: SeededData) -> Answer:
    """Whether the admin, a session login and FastAPI's API work together at `url`."""
    with visitor(url) as client:
        refused = client.get(ASKED["dashboard"])
        _sign_in(client, seeded_data)
        listed, account = client.get("/admin/shop/user/"), client.get("/account/")
        first, stats = client.get("/users?limit=1"), client.get(ASKED["dashboard"])
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
        "signed in by Django's form: the admin lists the first user that FastAPI tells of, and a"
        " route of FastAPI's that asks for an account takes the session",
        seen(refused, listed, account, first, stats),
    )


def moves_step_by_step(
    stack: Stack, settings: ServiceSettings, log: Path, seeded_data: SeededData
) -> Answer:
    """Whether all groups of routes respond before the first move to FastAPI and after each move."""
    groups = list(ASKED)
    refused = [
        f"{step} moved, {answer.request.url.path}: {answer.status_code}"
        for step in range(len(groups) + 1)
        for answer in _asked(_at_step(stack, groups[:step]), settings, log, seeded_data)
        if answer.status_code != httpx.codes.OK
    ]
    return Answer(
        "routes move to FastAPI one group after the other",
        yes_or_no(not refused),
        "a place of each group asked before any has moved, after each that moves, and after the"
        " last",
        ", ".join(refused) or f"{len(groups) + 1} steps: 200 of all of {', '.join(groups)}",
    )


def _at_step(stack: Stack, moved: list[str]) -> Stack:
    told = {"MOVED": ", ".join(moved) or "none"}
    return replace(stack, environment=stack.environment | told)


def _asked(
    stack: Stack, settings: ServiceSettings, log: Path, seeded_data: SeededData
) -> list[httpx.Response]:
    """Return the service's response for each group."""
    credentials = {"username": seeded_data.accounts[0], "password": seeded_data.password}
    with launch_stack(stack, settings, None, log) as service, visitor(service.url) as client:
        token = client.post(ASKED["tokens"], data=credentials)
        given = token.json()["access_token"] if token.is_success else "none"
        bearer = {"Authorization": f"Bearer {given}"}
        others = [place for group, place in ASKED.items() if group != "tokens"]
        return [token, *(client.get(place, headers=bearer) for place in others)]


def _sign_in(client: httpx.Client, seeded_data: SeededData) -> None:
    form = sign_in_form(client.get(_LOGIN))
    credentials = {"username": seeded_data.accounts[0], "password": seeded_data.password}
    client.post(_LOGIN, data=(form.hidden if form else {}) | credentials)
