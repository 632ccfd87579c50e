"""Examine every capability of every framework: launch services, run probes, collect findings."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

from webtrial.load.requests import SeededData
from webtrial.measure import machine
from webtrial.measure.capabilities import (
    admin,
    background,
    documentation,
    footprint,
    login,
    makeup,
    migration,
    migrations,
    origins,
    printed,
    sockets,
    tokens,
    validation,
)
from webtrial.measure.capabilities.anatomy import Anatomy, read_anatomies
from webtrial.measure.capabilities.probes import PROBES, Answer, Subject, http_client
from webtrial.measure.capabilities.sources import Sources, copy_sources, loaded_sources
from webtrial.measure.launch import LaunchSpec, Service, ServiceSettings, launch_stacks
from webtrial.measure.running_services import service_environment
from webtrial.run.capabilities import Finding
from webtrial.run.stacks import SERVICES, Stack, choose_stacks, load_stacks

PROBE_MODULES = (
    *(validation, documentation, login, tokens, admin, migrations, origins, sockets),
    *(background, printed, makeup),
)
"""Modules whose functions register themselves as probes."""

Say = Callable[[str], None]


def examine(database_url: str | None, say: Say) -> list[Finding]:
    """Return all findings; needs a supervisor.

    Raises LaunchError and CapabilityError.
    """
    anatomies = read_anatomies()
    stacks = deployed(anatomies)
    cores = machine.core_split().service_cores
    migrating = choose_stacks(migration.STACKS, load_stacks())
    say("Starting PostgreSQL, filling the database …")
    with service_environment([*stacks.values(), *migrating], database_url, cores) as environment:
        say("Probing the services …")
        with subjects(
            environment.settings, environment.seeded_data, environment.logs
        ) as frameworks:
            findings = [finding for subject in frameworks for finding in findings_of(subject)]
        say("Migrating from one framework to another, step by step …")
        findings += migration_findings(environment.launch_specs(migrating), environment.seeded_data)
        say(f"Starting each service {1 + footprint.REPEATS} times …")
        specs = environment.launch_specs(stacks.values())
        footprints = footprint.measure(specs, environment.seeded_data.users, cores)
    for framework, stack in stacks.items():
        for capability, answer in footprint.answers(footprints[stack.name]):
            findings.append(_finding(framework, capability, answer))
    return findings


def deployed(anatomies: Mapping[str, Anatomy]) -> dict[str, Stack]:
    """Return the stack that is examined for each framework."""
    stacks = load_stacks()
    names = [anatomy.stack for anatomy in anatomies.values()]
    return dict(zip(anatomies, choose_stacks(names, stacks), strict=True))


@contextmanager
def subjects(
    settings: Mapping[str, ServiceSettings],
    seeded_data: SeededData,
    folder: Path,
    cores: Collection[int] | None = None,
) -> Iterator[list[Subject]]:
    """Start the services of every framework and yield the frameworks as subjects.

    `settings` are by the name of the stack. Copies of the sources and the logs are in `folder`.
    """
    anatomies = read_anatomies()
    stacks = deployed(anatomies)
    specs = {
        key: (each, settings[stack.name], folder / f"{key}.log")
        for framework, stack in stacks.items()
        for key, each in {
            framework: _copied(stack, folder),
            **_standalone_stacks(framework, anatomies[framework]),
        }.items()
    }
    with launch_stacks(specs, cores) as services:
        yield [
            Subject(
                framework,
                anatomies[framework],
                stack,
                settings[stack.name],
                _sources_of(services[framework], stack, anatomies[framework]),
                services[framework].url,
                services[_standalone_key(framework)].url,
                seeded_data.accounts[0],
                seeded_data.password,
                _others_of(framework, anatomies[framework], services),
            )
            for framework, stack in stacks.items()
        ]


def findings_of(subject: Subject) -> Iterable[Finding]:
    """Yield the findings of every probe for a framework."""
    for capability, probes in PROBES.items():
        for run_probe in probes:
            for answer in run_probe(subject):
                yield _finding(subject.framework, capability, answer)


def migration_findings(
    specs: Mapping[str, LaunchSpec], seeded_data: SeededData
) -> Iterator[Finding]:
    """Yield findings on migrating from a framework; `specs` are the stacks of `migration`."""
    for framework, answer in migration.answers(specs, seeded_data):
        yield _finding(framework, migration.CAPABILITY, answer)


def _finding(framework: str, capability: str, answer: Answer) -> Finding:
    finding = Finding(
        framework,
        capability,
        answer.question,
        answer.value,
        answer.unit,
        answer.how,
        answer.evidence,
    )
    if not answer.absolute:
        return finding
    return replace(finding, measured_at=date.today().isoformat(), machine=_machine())


def _machine() -> str:
    facts = machine.describe()
    return (
        f"{facts['processor']}, {facts['cores']} cores, {facts['memory_gib']:g} GiB,"
        f" {facts['system']} {facts['kernel']}, {facts['python']}"
    )


def _copied(stack: Stack, folder: Path) -> Stack:
    """Return the stack on a fresh copy of its sources, from which nothing has been loaded."""
    copy = folder / stack.folder
    copy_sources(SERVICES / stack.folder, copy)
    return replace(stack, folder=str(copy))


def _standalone_stacks(framework: str, anatomy: Anatomy) -> dict[str, Stack]:
    """Return the services to start in `services/alone/`, by their key."""
    commands = {_standalone_key(framework): anatomy.alone}
    commands |= {_other_key(framework, name): command for name, command in anatomy.others.items()}
    return {name: _standalone_stack(name, framework, command) for name, command in commands.items()}


def _standalone_stack(name: str, framework: str, command: tuple[str, ...]) -> Stack:
    return Stack(
        name=name,
        title=name,
        framework=framework,
        data_access="none",
        serialiser="none",
        concurrency="threads",
        server="",
        driver="",
        folder="alone",
        command=command,
    )


def _standalone_key(framework: str) -> str:
    return f"{framework} by itself"


def _other_key(framework: str, name: str) -> str:
    return f"{framework} {name}"


def _others_of(framework: str, anatomy: Anatomy, services: Mapping[str, Service]) -> dict[str, str]:
    """Return the addresses of a framework's other services."""
    return {name: services[_other_key(framework, name)].url for name in anatomy.others}


def _sources_of(service: Service, stack: Stack, anatomy: Anatomy) -> Sources:
    """Return the sources that a service on a copy of `stack` has loaded.

    Requests are sent first, because some modules are loaded only on request.
    """
    with http_client(service.url) as client:
        for path in ("/openapi.json", "/docs", "/catalog", "/users/1", "/products/search?q=x"):
            client.get(path)
        client.post("/users", json={})
        client.post("/token", data={"username": "nobody", "password": "none"})
    return Sources(loaded_sources(Path(service.stack.folder), stack.folder), anatomy.purposes)
