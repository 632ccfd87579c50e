"""All stacks at once, each on its own copy of one seeded database."""

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.contract.document import hold_to_contract
from tests.waiting import LIMIT_S, LONG_S
from webtrial.measure import server_process
from webtrial.measure.launch import (
    Service,
    ServiceSettings,
    build_template,
    clone_for,
    draw_secret,
    launch_stacks,
    service_environment,
)
from webtrial.measure.postgres import Server, drop_database
from webtrial.run.stacks import Stack, load_stacks
from webtrial.system.plain_http import trusting_loopback

EVERY = load_stacks()
STACKS = {name: stack for name, stack in EVERY.items() if not stack.serves}
"""Those that serve the whole contract; test_partial has the others."""

AXES = (
    *("framework", "data_access", "orm", "driver", "serialiser", "concurrency", "server"),
    *("sources", "http_client", "searches"),
)
"""In what the code of stacks can differ."""

AT_A_TIME = 4
"""Stacks that are up together: two sets of them in each of two workers have to fit into an ordinary
server's limit of 100 connections."""

DEPLOYED = ("django", "flask", "fastapi")
OTHER_HOSTS = "shop.example, 10.0.0.7"

CONNECTIONS = 6
CONNECTIONS_IN_A_RUN = 16
UPSTREAM_CONNECTIONS = 12  # two of them are more than httpx keeps by itself
ANSWER_S = LIMIT_S
UPSTREAM_TIMEOUT_S = 0.5
TOKEN_LIFETIME_S = 900  # neither a service's default, so that it shows whether this one is read


@dataclass(frozen=True, slots=True)
class Seeded:
    """A sealed template database, what its build says of it, and its accounts' password."""

    server: Server
    name: str
    password: str
    built: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Served:
    """A stack that answers at `url`, and what stands behind it."""

    service: Service
    settings: ServiceSettings
    log: Path
    connection: psycopg.Connection[Any]

    @property
    def name(self) -> str:
        return self.service.stack.name

    @property
    def sources(self) -> str:
        """How it asks several upstreams."""
        return self.service.stack.sources

    @property
    def connections(self) -> int:
        """How many requests for users can be in the database at once."""
        told = service_environment(self.service.stack, self.settings)
        return int(told.get("FASTAPI_DATABASE_CONNECTIONS", told["DATABASE_CONNECTIONS"]))

    @property
    def url(self) -> str:
        return self.service.url

    def expect_no_exception(self, since: int = 0) -> None:
        """Fail where the service has logged an exception that nobody caught."""
        news = self.log.read_bytes()[since:].decode()
        assert "Traceback" not in news, f"{self.name} logged an exception:\n{news[-4000:]}"

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What its own database answers to `query`."""
        cursor = self.connection.execute(query.encode(), values)
        return cursor.fetchall() if cursor.description else []


def opened(stack: Stack) -> Stack:
    """The same for requests to OTHER_HOSTS as well."""
    return replace(stack, environment=stack.environment | {"OTHER_HOSTS": OTHER_HOSTS})


def in_groups(names: Sequence[str]) -> list[tuple[str, ...]]:
    """The names in groups of stacks that are up together."""
    return [tuple(names[at : at + AT_A_TIME]) for at in range(0, len(names), AT_A_TIME)]


def seed_template(server: Server, name: str, log: Path) -> Seeded:
    """Build the template database `name`, with a password drawn for its accounts."""
    password = secrets.token_urlsafe(12)
    built = build_template(server, name, STACKS.values(), 7, password, log)
    return Seeded(server, name, password, built)


def pages_of(stack: Stack) -> set[str]:
    """The frameworks whose own pages a stack has, beside the contract."""
    on_the_way = {"none": {"Flask"}, "all": {"FastAPI"}}
    return on_the_way.get(stack.environment.get("MOVED", ""), set(stack.framework.split(" and ")))


@contextmanager
def served(
    seeded: Seeded,
    label: str,
    upstreams: tuple[str, str],
    logs: Path,
    stacks: Mapping[str, Stack] = STACKS,
    connections: int = CONNECTIONS,
    upstream_timeout_s: float = UPSTREAM_TIMEOUT_S,
) -> Iterator[dict[str, Served]]:
    """Every stack by name, asking `upstreams`; `label` tells its clones of the data apart, and
    those of each worker of pytest-xdist, since the workers share a PostgreSQL."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    names = {stack: f"{label}{worker}-{stack}" for stack in stacks}
    wanted = {
        stack: (
            stacks[stack],
            replace(
                settings_of(seeded, stacks[stack], name, upstreams, connections),
                upstream_timeout_s=upstream_timeout_s,
            ),
            logs / f"{name}.log",
        )
        for stack, name in names.items()
    }
    with patiently(), launch_stacks(wanted, None) as services, ExitStack() as ends:
        yield {
            name: Served(services[name], told, log, ends.enter_context(_connected(told)))
            for name, (_, told, log) in wanted.items()
        }
    for name in names.values():
        drop_database(seeded.server, name)


@contextmanager
def patiently() -> Iterator[None]:
    """Services that start may be slow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server_process, "READY_S", LONG_S)
        yield


def client_of(url: str) -> httpx.Client:
    """A client that follows no redirects, knows no proxies, and fails where an answer is not as
    the contract documents it."""
    client = httpx.Client(
        base_url=url,
        timeout=ANSWER_S,
        trust_env=False,
        verify=False,  # otherwise each would first read every certificate of the machine
        event_hooks={"response": [hold_to_contract]},
    )
    return trusting_loopback(client)


def _connected(settings: ServiceSettings) -> psycopg.Connection[Any]:
    return psycopg.connect(settings.database_url, autocommit=True)


def settings_of(
    seeded: Seeded,
    stack: Stack,
    name: str,
    upstreams: tuple[str, str],
    connections: int = CONNECTIONS,
) -> ServiceSettings:
    """What the stack's service is told that works on a new clone `name`; its connections say so
    too."""
    url = clone_for(stack, seeded.server, name, seeded.name)
    return ServiceSettings(
        f"{url}{'&' if '?' in url else '?'}application_name={name}",
        draw_secret(),
        *upstreams,
        connections=connections,
        upstream_connections=UPSTREAM_CONNECTIONS,
        upstream_timeout_s=UPSTREAM_TIMEOUT_S,
        token_lifetime_s=TOKEN_LIFETIME_S,
    )
