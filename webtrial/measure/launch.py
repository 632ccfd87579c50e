"""Launch stacks, upstreams and their database as child processes.

Each starts in a clean environment on the cores that it is given. The launcher waits until it
responds, and stops it at the end of its block. Its output goes to a log, whose end is shown if it
fails.
"""

import json
import os
import secrets
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from webtrial.errors import LaunchError
from webtrial.measure.postgres import Server, create_database, seal_template
from webtrial.measure.server_process import Cores, Recipe, running_processes
from webtrial.run.stacks import SERVICES, Stack, apportion
from webtrial.system.environment import base_environment
from webtrial.system.linux import die_with_parent
from webtrial.system.process_tree import (
    end_of,
    move_to,
    tree,
)

BUILD_S = 300.0


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """Settings that a service receives: the URLs of its database and upstreams, and its budgets.

    `connections` to the database and `upstream_connections` to each upstream are totals for the
    stack; `threads` is per process. `accepted_connections` is how many HTTP connections the
    server must keep open, each of which may be idle for `keep_alive_s`. The servers' own
    defaults, 2 and 5 s, would break connections. `backlog` is how many more connections may wait
    to be accepted.
    """

    database_url: str
    secret_key: str
    inventory_url: str
    analytics_url: str
    connections: int = 16
    threads: int = 16
    processes: int = 1
    accepted_connections: int = 6000
    backlog: int = 4096
    keep_alive_s: int = 75
    upstream_connections: int = 16
    upstream_timeout_s: float = 1.0
    token_lifetime_s: int = 3600


LaunchSpec = tuple[Stack, ServiceSettings, Path]
"""A stack to launch, its settings and its log file."""


@dataclass(frozen=True, slots=True)
class Service:
    """A stack that responds at `url`; `pid` is its first process."""

    stack: Stack
    url: str
    pid: int

    def pids(self) -> list[int]:
        """Return the ids of all its processes, the first one first; empty if it is gone."""
        return [process.pid for process in tree(self.pid)]


@dataclass(frozen=True, slots=True)
class Upstreams:
    """The two upstream services that the dashboard calls."""

    inventory_url: str
    analytics_url: str
    pids: tuple[int, ...]


@contextmanager
def launch_stack(
    stack: Stack, settings: ServiceSettings, cores: Cores, log: Path
) -> Iterator[Service]:
    """Launch `stack` and yield it once it responds.

    Raises LaunchError with its last output if it does not respond.
    """
    with launch_stacks({stack.name: (stack, settings, log)}, cores) as services:
        yield services[stack.name]


@contextmanager
def launch_stacks(
    specs: Mapping[str, LaunchSpec],
    cores: Cores,
    started_on: Cores = None,
) -> Iterator[dict[str, Service]]:
    """Launch all stacks of a block, a few at a time; yield them by the keys of `specs`.

    They start on the cores `started_on`, if given, and are moved to `cores` once they respond,
    because their imports take seconds of CPU each.
    """
    recipes = [
        _stack_recipe(stack, settings, started_on or cores, log)
        for stack, settings, log in specs.values()
    ]
    with running_processes(recipes) as started:
        if started_on and cores:
            for each in started:
                move_to(each.process.pid, cores)
        yield {
            key: Service(stack, each.url, each.process.pid)
            for (key, (stack, _, _)), each in zip(specs.items(), started, strict=True)
        }


@contextmanager
def launch_upstreams(
    delay_ms: float, sigma: float, seed: int, cores: Cores, logs: Path
) -> Iterator[Upstreams]:
    """Launch both upstreams; each responds after a log-normal delay drawn from `seed`.

    Their logs go to the folder `logs`. GET /took of each returns the actual delays.
    """
    recipes = [
        _upstream_recipe(name, delay_ms, sigma, seed, cores, logs)
        for name in ("inventory", "analytics")
    ]
    with running_processes(recipes) as (inventory, analytics):
        yield Upstreams(
            inventory.url, analytics.url, (inventory.process.pid, analytics.process.pid)
        )


def build_template(
    server: Server, name: str, stacks: Iterable[Stack], seed: int, password: str, log: Path
) -> dict[str, Any]:
    """Create, fill and seal the template database `name`; return the output of build.py.

    `password` is given to every seeded account. Each stack's `prepare` runs once.
    """
    url = create_database(server, name)
    built = _run_build(seed, log, {"DATABASE_URL": url, "ACCOUNT_PASSWORD": password})
    for stack in _prepared_once(stacks):
        _prepare(stack, url, log)
    seal_template(server, name)
    return built


def clone_for(stack: Stack, server: Server, name: str, template: str) -> str:
    """Copy the sealed `template` to the database `name` and return its URL.

    Applies the stack's `after_clone` statements to the copy. Raises LaunchError that shows the
    statement that fails.
    """
    url = create_database(server, name, template)
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in stack.after_clone:
            try:
                connection.execute(statement.encode())
            except psycopg.Error as error:
                raise LaunchError(
                    f"PostgreSQL rejected after_clone of {stack.name}, {statement!r}: {error}."
                    " Correct it in services/stacks.toml"
                ) from None
    return url


def describe_data(seed: int, log: Path) -> dict[str, Any]:
    """Return build.py's description of a database filled from `seed`; this needs no database."""
    return _run_build(seed, log, {}, "--describe")


def _run_build(seed: int, log: Path, variables: dict[str, str], *options: str) -> dict[str, Any]:
    command = [sys.executable, "build.py", "--seed", str(seed), *options]
    printed = _run_command(command, SERVICES / "database", base_environment() | variables, log)
    try:
        return dict(json.loads(printed))
    except ValueError:
        raise LaunchError(
            f"services/database/build.py printed {printed[:200]!r}, which is not JSON: undo changes"
            " to it"
        ) from None


def draw_secret() -> str:
    """Return a new secret key for the services of one run."""
    return secrets.token_urlsafe(48)


def service_environment(stack: Stack, settings: ServiceSettings) -> dict[str, str]:
    """Return all environment variables that the service reads, and no others."""
    return (
        base_environment()
        | {
            "DATABASE_URL": settings.database_url,
            "THREADS": str(settings.threads),
            "SECRET_KEY": settings.secret_key,
            "INVENTORY_URL": settings.inventory_url,
            "ANALYTICS_URL": settings.analytics_url,
            "UPSTREAM_CONNECTIONS": str(settings.upstream_connections // settings.processes),
            "UPSTREAM_TIMEOUT_S": str(settings.upstream_timeout_s),
            "TOKEN_LIFETIME_S": str(settings.token_lifetime_s),
        }
        | _connections(stack, settings)
        | stack.environment
    )


def _connections(stack: Stack, settings: ServiceSettings) -> dict[str, str]:
    try:
        shares = apportion(settings.connections // settings.processes, stack.connections)
    except ValueError as error:
        raise LaunchError(
            f"database connections per process of {stack.name}: {error}. Raise database_connections"
            " or lower server_processes"
        ) from None
    return {name: str(share) for name, share in shares.items()}


def service_command(stack: Stack, settings: ServiceSettings, port: int) -> list[str]:
    """Return the stack's command with its placeholders filled.

    Raises LaunchError for an unknown placeholder.
    """
    return _with_values(
        stack,
        stack.command,
        port=port,
        processes=settings.processes,
        threads=settings.threads,
        accepted_connections=settings.accepted_connections,
        backlog=settings.backlog,
        keep_alive_s=settings.keep_alive_s,
    )


def prepare_command(stack: Stack) -> list[str]:
    """Return the command that prepares a database for the stack; empty if it has none."""
    return _with_values(stack, stack.prepare)


def _with_values(stack: Stack, command: Iterable[str], **values: int) -> list[str]:
    known = {"python": sys.executable, **values}
    try:
        return [word.format_map(known) for word in command]
    except KeyError as error:
        raise LaunchError(
            f"unknown placeholder {{{error.args[0]}}} in the command of {stack.name} in"
            f" stacks.toml; known: {', '.join(known)}"
        ) from None


def _upstream_recipe(
    name: str, delay_ms: float, sigma: float, seed: int, cores: Cores, logs: Path
) -> Recipe:
    command = [sys.executable, "upstream.py", "--name", name, "--delay-ms", str(delay_ms)]
    command += ["--sigma", str(sigma), "--seed", str(seed)]
    return Recipe(
        name,
        SERVICES / "upstreams",
        lambda port: [*command, "--port", str(port)],
        base_environment(),
        cores,
        logs / f"{name}.log",
    )


def _stack_recipe(stack: Stack, settings: ServiceSettings, cores: Cores, log: Path) -> Recipe:
    folder = SERVICES / stack.folder
    if not folder.is_dir():
        raise LaunchError(
            f"{folder} does not exist: correct `folder` of [stacks.{stack.name}] in stacks.toml"
        )
    service_command(stack, settings, port=0)  # reports errors in it before any stack starts
    return Recipe(
        stack.name,
        folder,
        lambda port: service_command(stack, settings, port),
        service_environment(stack, settings),
        cores,
        log,
        signal.Signals[stack.stop_signal],
    )


def _prepared_once(stacks: Iterable[Stack]) -> list[Stack]:
    """Return one stack per distinct `prepare`: stacks in one folder share its migrations."""
    distinct = {(stack.folder, stack.prepare): stack for stack in stacks if stack.prepare}
    return list(distinct.values())


def _prepare(stack: Stack, url: str, log: Path) -> None:
    """Run `prepare` with settings that serve no request."""
    settings = ServiceSettings(url, draw_secret(), "http://127.0.0.1:9", "http://127.0.0.1:9")
    environment = service_environment(stack, settings)
    _run_command(prepare_command(stack), SERVICES / stack.folder, environment, log)


def _run_command(command: list[str], folder: Path, environment: dict[str, str], log: Path) -> str:
    """Run `command` and return its standard output; append its messages to `log`."""
    with log.open("ab") as messages:
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=messages,
                timeout=BUILD_S,
                check=False,
                # Nothing else ends it if guard and supervisor are killed. Makes only system calls.
                preexec_fn=partial(die_with_parent, os.getpid()),
            )
        except subprocess.TimeoutExpired:
            raise LaunchError(
                f"{shlex.join(command)} did not finish within {BUILD_S:g} s. {end_of(log)}"
            ) from None
    if done.returncode != 0:
        raise LaunchError(
            f"{shlex.join(command)} exited with code {done.returncode}. {end_of(log)}"
        )
    return done.stdout.decode()
