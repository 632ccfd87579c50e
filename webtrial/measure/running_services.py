"""Run some stacks on freshly filled databases outside any run, to try them or to test clients."""

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from webtrial.load.requests import ExpectedBodies, SeededData, seeded_data_from
from webtrial.measure.embedded import embedded
from webtrial.measure.launch import (
    LaunchSpec,
    Service,
    ServiceSettings,
    build_template,
    clone_for,
    draw_secret,
    launch_stacks,
    launch_upstreams,
)
from webtrial.measure.postgres import SPARE_CONNECTIONS, Server, external
from webtrial.measure.response_agreement import agreed_responses
from webtrial.run.parameters import read_parameters
from webtrial.run.stacks import Stack, choose_stacks, load_stacks
from webtrial.system.supervisor import scratch_dir

DEFAULTS = read_parameters({})
_SEED = 1
_TEMPLATE = "template"


@dataclass(frozen=True, slots=True)
class RunningServices:
    """Services by the name of their stack, and the data that their databases hold."""

    services: Mapping[str, Service]
    seeded_data: SeededData

    def expected_bodies(self, stack: str, scenario: str) -> ExpectedBodies:
        """Return what one of the services responds to every request of a reading scenario."""
        urls = {stack: self.services[stack].url}
        return agreed_responses(urls, {stack: [scenario]}, self.seeded_data, {})[stack]


@dataclass(frozen=True, slots=True)
class ServiceEnvironment:
    """Settings, data and log folder that services need before they start.

    `settings` are by the name of the stack; each stack has its own copy of the data, described by
    `seeded_data`.
    """

    settings: Mapping[str, ServiceSettings]
    seeded_data: SeededData
    logs: Path

    def launch_specs(self, stacks: Iterable[Stack]) -> dict[str, LaunchSpec]:
        """Return the specs with which `launch_stacks` starts `stacks`."""
        return {
            stack.name: (stack, self.settings[stack.name], self.logs / f"{stack.name}.log")
            for stack in stacks
        }


@contextmanager
def running_services(
    names: Collection[str], database_url: str | None = None, cores: Collection[int] | None = None
) -> Iterator[RunningServices]:
    """Start the stacks `names`, each on its own copy of the data; needs a supervisor."""
    stacks = choose_stacks(names, load_stacks())
    with (
        service_environment(stacks, database_url, cores) as environment,
        launch_stacks(environment.launch_specs(stacks), cores) as services,
    ):
        yield RunningServices(services, environment.seeded_data)


@contextmanager
def service_environment(
    stacks: Collection[Stack], database_url: str | None, cores: Collection[int] | None
) -> Iterator[ServiceEnvironment]:
    """Start the upstreams and a database for each of `stacks`; needs a supervisor."""
    scratch = scratch_dir()
    password = secrets.token_urlsafe(9)
    with (
        _database(database_url, len(stacks), scratch, cores) as server,
        launch_upstreams(
            DEFAULTS.upstream_delay_ms, DEFAULTS.upstream_sigma, _SEED, cores, scratch
        ) as upstreams,
    ):
        data = build_template(server, _TEMPLATE, stacks, _SEED, password, scratch / "build.log")
        settings = {
            stack.name: ServiceSettings(
                clone_for(stack, server, stack.name, _TEMPLATE),
                draw_secret(),
                upstreams.inventory_url,
                upstreams.analytics_url,
            )
            for stack in stacks
        }
        yield ServiceEnvironment(settings, seeded_data_from(data, password), scratch)


def _database(
    url: str | None, stacks: int, scratch: Path, cores: Collection[int] | None
) -> AbstractContextManager[Server]:
    if url is None:
        return embedded(scratch, cores=cores)
    return external(url, stacks * DEFAULTS.database_connections + SPARE_CONNECTIONS)
