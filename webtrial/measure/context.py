"""What trials are measured in: objects of the whole run, and the service under test."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from webtrial.load.driver import running_driver
from webtrial.load.requests import ExpectedBodies, SeededData, Tokens
from webtrial.measure.drivers import Drive
from webtrial.measure.launch import Service, Upstreams
from webtrial.measure.machine import CoreSplit
from webtrial.measure.resources import Connection
from webtrial.measure.targets import Target
from webtrial.run.parameters import Parameters
from webtrial.system.process_tree import runs


@dataclass(frozen=True, slots=True)
class RunContext:
    """Objects that last for the whole run.

    `ours` are the root processes of everything that does not count as foreign. `cores` are the
    cores that any of it runs on. If nothing is launched, there are no upstreams and no server to
    count statements.
    """

    parameters: Parameters
    split: CoreSplit
    seeded_data: SeededData
    upstreams: Upstreams | None
    counter: Connection | None
    database_pid: int | None
    ours: tuple[int, ...]
    cores: tuple[int, ...]
    drive: Drive = running_driver
    results: str | None = None  # the folder for shards


@dataclass(frozen=True, slots=True)
class ServiceUnderTest:
    """One running stack of a block, whose responses agree with those of the others.

    A target has a database and a log somewhere, but not on this machine.
    """

    service: Service | Target
    database_url: str | None
    expected_bodies: ExpectedBodies
    tokens: Tokens
    log: Path | None

    @property
    def database(self) -> str | None:
        """Return the name of its database."""
        return self.database_url and urlsplit(self.database_url).path.lstrip("/")


def is_alive(under_test: ServiceUnderTest) -> bool:
    """Whether the service's first process still runs.

    For a target, only its responses can show it.
    """
    if under_test.service.pid is None:
        return True
    try:
        return runs(psutil.Process(under_test.service.pid))
    except psutil.NoSuchProcess:
        return False
