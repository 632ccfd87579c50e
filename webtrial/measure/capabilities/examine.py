"""Every capability of every framework: services launched, probes asked, findings put together."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

from webtrial.capabilities import Finding
from webtrial.measure import machine
from webtrial.measure.capabilities import (
    admin,
    background,
    documentation,
    footprint,
    login,
    makeup,
    migrations,
    origins,
    sockets,
    tokens,
    validation,
)
from webtrial.measure.capabilities.anatomy import Anatomy, read_anatomies
from webtrial.measure.capabilities.asking import PROBES, Answer, Subject, visitor
from webtrial.measure.capabilities.sources import Sources, copy_sources, loaded_sources
from webtrial.measure.launch import ServiceSettings, launch_stacks
from webtrial.measure.scenarios import Material
from webtrial.measure.shop import open_premises
from webtrial.stacks import SERVICES, Stack, choose_stacks, load_stacks

ASKING = (
    *(validation, documentation, login, tokens, admin, migrations, origins, sockets),
    *(background, makeup),
)
"""The modules whose functions have registered themselves as probes."""

Say = Callable[[str], None]


def examine(database_url: str | None, say: Say) -> list[Finding]:
    """All findings. Needs a keeper. Raises LaunchError, CapabilityError."""
    anatomies = read_anatomies()
    stacks = deployed(anatomies)
    cores = machine.core_split().service_cores
    say("starting PostgreSQL, filling the database …")
    with open_premises(list(stacks.values()), database_url, cores) as premises:
        say("asking the services …")
        with subjects(premises.settings, premises.material, premises.logs) as asked:
            found = [finding for subject in asked for finding in findings_of(subject)]
        say(f"starting each service {footprint.REPEATS} times …")
        wanted = premises.wanted(stacks.values())
        footprints = footprint.measure(wanted, premises.material.users, cores)
    for framework, stack in stacks.items():
        for capability, answer in footprint.answers(footprints[stack.name]):
            found.append(_finding(framework, capability, answer))
    return found


def deployed(anatomies: Mapping[str, Anatomy]) -> dict[str, Stack]:
    """The stack that is examined of each framework."""
    stacks = load_stacks()
    names = [anatomy.stack for anatomy in anatomies.values()]
    return dict(zip(anatomies, choose_stacks(names, stacks), strict=True))


@contextmanager
def subjects(
    settings: Mapping[str, ServiceSettings],
    material: Material,
    folder: Path,
    cores: Collection[int] | None = None,
) -> Iterator[list[Subject]]:
    """Every framework, its services answering: told `settings`, by the name of the stack; copies
    of their sources and logs lie in `folder`."""
    anatomies = read_anatomies()
    stacks = deployed(anatomies)
    wanted = {}
    for framework, stack in stacks.items():
        copy_sources(SERVICES / stack.folder, folder / f"{stack.name}-sources")
        copied = replace(stack, folder=str(folder / f"{stack.name}-sources"))
        wanted[framework] = copied, settings[stack.name], folder / f"{stack.name}-asked.log"
        alone = _alone(framework, anatomies[framework])
        wanted[alone.name] = alone, settings[stack.name], folder / f"{stack.name}-alone.log"
    with launch_stacks(wanted, cores) as services:
        for framework in stacks:
            _have_all_loaded(services[framework].url)
        yield [
            Subject(
                framework,
                anatomies[framework],
                stack,
                settings[stack.name],
                Sources(
                    loaded_sources(folder / f"{stack.name}-sources", stack.folder),
                    anatomies[framework].purposes,
                ),
                services[framework].url,
                services[_alone_name(framework)].url,
                material.accounts[0],
                material.password,
            )
            for framework, stack in stacks.items()
        ]


def findings_of(subject: Subject) -> Iterable[Finding]:
    """What every probe says of a framework."""
    for capability, probes in PROBES.items():
        for ask in probes:
            for answer in ask(subject):
                yield _finding(subject.framework, capability, answer)


def _finding(framework: str, capability: str, answer: Answer) -> Finding:
    found = Finding(
        framework,
        capability,
        answer.question,
        answer.value,
        answer.unit,
        answer.how,
        answer.evidence,
    )
    if not answer.absolute:
        return found
    return replace(found, measured_at=date.today().isoformat(), machine=_machine())


def _machine() -> str:
    told = machine.describe()
    return (
        f"{told['processor']}, {told['cores']} cores, {told['memory_gib']:g} GiB,"
        f" {told['system']} {told['kernel']}, {told['python']}"
    )


def _alone(framework: str, anatomy: Anatomy) -> Stack:
    return Stack(
        name=_alone_name(framework),
        title=_alone_name(framework),
        framework=framework,
        data_access="none",
        serialiser="none",
        concurrency="threads",
        server=anatomy.alone[2],
        driver="",
        folder="alone",
        command=anatomy.alone,
    )


def _alone_name(framework: str) -> str:
    return f"{framework} alone"


def _have_all_loaded(url: str) -> None:
    """Ask for what makes a service load what it loads only when it is first needed."""
    with visitor(url) as client:
        for path in ("/openapi.json", "/docs", "/catalog", "/users/1", "/products/search?q=x"):
            client.get(path)
        client.post("/users", json={})
        client.post("/token", data={"username": "nobody", "password": "none"})
