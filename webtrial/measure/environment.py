"""Environment of launched stacks for a whole run: filled PostgreSQL, upstreams, counter."""

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from webtrial.errors import ParameterError
from webtrial.measure.embedded import embedded
from webtrial.measure.launch import (
    ServiceSettings,
    Upstreams,
    build_template,
    draw_secret,
    launch_upstreams,
)
from webtrial.measure.machine import CoreSplit
from webtrial.measure.postgres import (
    SPARE_CONNECTIONS,
    Server,
    can_count_statements,
    create_database,
    external,
)
from webtrial.measure.progress import Progress
from webtrial.measure.resources import Connection, local_postmaster
from webtrial.run.parameters import Parameters
from webtrial.run.plan import PILOT_USERS, longest_idle_s, persistent_loads
from webtrial.run.stacks import Stack
from webtrial.system.supervisor import scratch_dir

MINIMUM_ACCEPTED_CONNECTIONS = 6000  # or a fifth more than a trial opens, if that is larger
MINIMUM_KEEP_ALIVE_S = 75  # or a fifth longer than a connection is idle, if that is larger
TOKEN_LIFETIME_S = 24 * 3600  # users sign in once per run, however long it takes
TEMPLATE = "template"
COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class Environment:
    """Server, upstreams and statement counter of the launched stacks, and their settings.

    `settings` apply to all stacks, except for the database. `built` is the output of build.py.
    """

    server: Server
    upstreams: Upstreams
    counter: Connection
    settings: ServiceSettings
    built: dict[str, Any]

    @property
    def database_pid(self) -> int | None:
        """Return the server's first process, if it runs on this machine."""
        return self.server.pid or local_postmaster(self.counter)


@contextmanager
def started_environment(
    parameters: Parameters,
    stacks: list[Stack],
    password: str,
    split: CoreSplit,
    logs: Path,
    progress: Progress,
) -> Iterator[Environment]:
    """Start the environment of `stacks`, whose seeded accounts have `password`.

    Raises ParameterError if the stacks need more processes than they have cores, and LaunchError.
    """
    _demand_cores(parameters.server_processes, split)
    progress.step("starting PostgreSQL")
    with _postgresql(parameters, stacks, split) as server:
        progress.step("filling the database")
        log = logs / "database.log"
        built = build_template(server, TEMPLATE, stacks, parameters.seed, password, log)
        with _upstreams(parameters, split, logs) as upstreams, _counter(server) as counter:
            yield Environment(
                server, upstreams, counter, settings_for(parameters, upstreams), built
            )


def _demand_cores(processes: int, split: CoreSplit) -> None:
    """Raise ParameterError if a stack has more processes than the services have cores.

    Processes that share a core add no capacity; they only raise the cost of each.
    """
    if processes > (cores := len(split.service_cores)):
        raise ParameterError(
            f"server_processes = {processes}, but the number of cores for services on this machine"
            f" is {cores}, and each process needs its own: set it to {cores} or less, or provide"
            " more cores"
        )


def _postgresql(
    parameters: Parameters, stacks: list[Stack], split: CoreSplit
) -> AbstractContextManager[Server]:
    connections = len(stacks) * parameters.database_connections + SPARE_CONNECTIONS
    if parameters.database_url:
        return external(parameters.database_url, connections)
    return embedded(scratch_dir(), connections + SPARE_CONNECTIONS, split.service_cores)


def _upstreams(
    parameters: Parameters, split: CoreSplit, logs: Path
) -> AbstractContextManager[Upstreams]:
    delay_ms, sigma = parameters.upstream_delay_ms, parameters.upstream_sigma
    return launch_upstreams(delay_ms, sigma, parameters.seed, split.service_cores, logs)


@contextmanager
def _counter(server: Server) -> Iterator[Connection]:
    """Connect to a separate database, from which the statements of all databases can be counted."""
    url = create_database(server, COUNTER)
    with psycopg.connect(url, autocommit=True) as connection:
        if can_count_statements(server):
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        yield connection


def settings_for(parameters: Parameters, upstreams: Upstreams) -> ServiceSettings:
    """Return the settings that all stacks share; the database URL is empty and filled in later."""
    sizes = [(load.connections or 0) + load.idle for load in persistent_loads(parameters)]
    max_connections = max(
        [*parameters.closed_users, *sizes, parameters.max_connections, PILOT_USERS]
    )
    idle_s = math.ceil(1.2 * longest_idle_s(parameters))
    return ServiceSettings(
        database_url="",
        secret_key=draw_secret(),
        inventory_url=upstreams.inventory_url,
        analytics_url=upstreams.analytics_url,
        connections=parameters.database_connections,
        threads=parameters.database_connections // parameters.server_processes,
        processes=parameters.server_processes,
        upstream_connections=parameters.database_connections,  # as many as threads
        token_lifetime_s=TOKEN_LIFETIME_S,
        accepted_connections=max(MINIMUM_ACCEPTED_CONNECTIONS, max_connections * 6 // 5),
        keep_alive_s=max(MINIMUM_KEEP_ALIVE_S, idle_s),
    )
