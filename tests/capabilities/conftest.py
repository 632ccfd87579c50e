"""The frameworks as they are probed, once for the package."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.moody import moody_upstreams
from tests.contract.stage import STACKS, Seeded, patiently, settings_of
from webtrial.load.requests import seeded_data_from
from webtrial.measure.capabilities import migration
from webtrial.measure.capabilities.anatomy import read_anatomies
from webtrial.measure.capabilities.examine import (
    deployed,
    findings_of,
    migration_findings,
    subjects,
)
from webtrial.measure.capabilities.probes import Subject
from webtrial.measure.postgres import drop_database
from webtrial.run.capabilities import Finding

NOWHERE = ("http://127.0.0.1:9", "http://127.0.0.1:9")

Found = dict[tuple[str, str, str], Finding]


@pytest.fixture(scope="package")
def asked(seeded: Seeded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Subject]]:
    """Every framework with its services up."""
    stacks = deployed(read_anatomies()).values()
    settings = {
        stack.name: settings_of(seeded, stack, f"asked-{stack.name}", NOWHERE) for stack in stacks
    }
    folder: Path = tmp_path_factory.mktemp("asked")
    seeded_data = seeded_data_from(seeded.built, seeded.password)
    with patiently(), subjects(settings, seeded_data, folder) as found:
        yield found
    for stack in stacks:
        drop_database(seeded.server, f"asked-{stack.name}")


@pytest.fixture(scope="package")
def moved(seeded: Seeded, tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    """What is found on the way from one framework to another."""
    log = tmp_path_factory.mktemp("moved") / "log"
    names = {name: f"moved-{name}" for name in migration.STACKS}
    with moody_upstreams() as upstreams:
        urls = upstreams.inventory.url, upstreams.analytics.url
        wanted = {
            name: (STACKS[name], settings_of(seeded, STACKS[name], clone, urls), log)
            for name, clone in names.items()
        }
        seeded_data = seeded_data_from(seeded.built, seeded.password)
        with patiently():
            found = list(migration_findings(wanted, seeded_data))
    for clone in names.values():
        drop_database(seeded.server, clone)
    return found


@pytest.fixture(scope="package")
def found(asked: list[Subject]) -> Found:
    """What every probe of a framework finds, by framework, capability and question."""
    return by_question([finding for subject in asked for finding in findings_of(subject)])


def by_question(findings: list[Finding]) -> Found:
    """The findings by framework, capability and question."""
    found = {(each.framework, each.capability, each.question): each for each in findings}
    assert len(found) == len(findings), "a question was asked twice"
    return found
