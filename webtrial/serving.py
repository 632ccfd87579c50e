"""The services up for a person to try: on a database of their own, until interrupted.

Runs under a keeper, so that nothing stays when it ends.
"""

import secrets
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from webtrial.measure.embedded import embedded
from webtrial.measure.keeper import kept_scratch
from webtrial.measure.launch import (
    Service,
    ServiceSettings,
    Upstreams,
    build_template,
    draw_secret,
    launch_stacks,
    launch_upstreams,
)
from webtrial.measure.postgres import Server, create_database, external
from webtrial.stacks import Stack, choose_stacks, load_stacks

SHOWN = ("django", "flask", "fastapi")
USERNAME = "account001"
_TEMPLATE = "template"
_SEED = 1

Say = Callable[[str], None]


def serve(database_url: str | None, say: Say, names: tuple[str, ...] = SHOWN) -> None:
    """Start the stacks `names`, say where they are, stay until SIGINT. Raises LaunchError."""
    scratch = kept_scratch()
    stacks = choose_stacks(names, load_stacks())
    password = secrets.token_urlsafe(9)
    with _database(database_url, scratch) as server:
        say("PostgreSQL is up; filling the database …")
        build_template(server, _TEMPLATE, stacks, _SEED, password, scratch / "build.log")
        with _services(server, stacks, scratch) as services:
            say(addresses(services, password))
            signal.pause()


def _database(url: str | None, scratch: Path) -> AbstractContextManager[Server]:
    return external(url) if url else embedded(scratch)


@contextmanager
def _services(
    server: Server, stacks: list[Stack], scratch: Path
) -> Iterator[Mapping[str, Service]]:
    with launch_upstreams(20.0, 0.25, _SEED, None, scratch) as upstreams:
        wanted = {
            stack.name: (
                stack,
                _settings(create_database(server, stack.name, _TEMPLATE), upstreams),
                scratch / f"{stack.name}.log",
            )
            for stack in stacks
        }
        with launch_stacks(wanted, None) as services:
            yield services


def _settings(database_url: str, upstreams: Upstreams) -> ServiceSettings:
    return ServiceSettings(
        database_url, draw_secret(), upstreams.inventory_url, upstreams.analytics_url
    )


def addresses(services: Mapping[str, Service], password: str) -> str:
    """Where each service is and how to sign in, for a person to read."""
    lines = []
    for service in services.values():
        lines += [f"{service.stack.title}", f"  service        {service.url}/users/1"]
        lines += [f"  documentation  {service.url}/docs"]
        lines += [
            f"  {label:<14} {service.url}{path}"
            for label, path in _BESIDE.get(service.stack.framework, {}).items()
        ]
    return "\n".join([*lines, "", f"Sign in as {USERNAME} with {password}. Ctrl-C stops all."])


_BESIDE = {
    "Django": {"admin": "/admin/", "sign in": "/accounts/login/"},
    "Flask": {"sign in": "/login"},
    "FastAPI": {"sign in": "/docs", "more": "/redoc"},
}
