"""The deployed stacks as they are measured, on a PostgreSQL of their own that tests may restart."""

import json
import subprocess
import sys
from dataclasses import dataclass

import pytest

from tests.conftest import TESTS
from tests.contract.moody import moody_upstreams
from tests.contract.stage import STACKS, client_of, seed_template, served
from webtrial.measure.keeper import keep
from webtrial.measure.postgres import Server, drop_own

DEPLOYED = ("django", "flask", "fastapi")
CONNECTIONS = 16  # to the database, as in a run


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much is tried."""

    operations: int  # on users, of each stack
    connections: int
    examples: int  # of a route, by schemathesis


@pytest.fixture(scope="session")
def amounts(request):
    """Little in `make test`, more in `make test-all`, much in `make soak`."""
    if request.config.getoption("--soak"):
        return Amounts(operations=50_000, connections=5_000, examples=1_000)
    if request.config.getoption("--full"):
        return Amounts(operations=2_000, connections=1_000, examples=50)
    return Amounts(operations=600, connections=600, examples=5)


@pytest.fixture(scope="package")
def own_postgres():
    """A server that nobody else uses."""
    with keep([sys.executable, str(TESTS / "keep_postgres.py")], stdout=subprocess.PIPE) as kept:
        server = Server(**json.loads(kept.stdout.readline()))
        yield server
        drop_own(server)


@pytest.fixture(scope="package")
def own_seeded(own_postgres, tmp_path_factory):
    """The template of the stacks' databases."""
    log = tmp_path_factory.mktemp("hostile") / "build.log"
    return seed_template(own_postgres, "hostile", log)


@pytest.fixture(scope="package")
def every_stack(own_seeded, tmp_path_factory):
    """All that are deployed, by name, up at once."""
    stacks = {name: STACKS[name] for name in DEPLOYED}
    logs = tmp_path_factory.mktemp("logs")
    with moody_upstreams() as upstreams:
        urls = upstreams.inventory.url, upstreams.analytics.url
        with served(own_seeded, "hostile", urls, logs, stacks, CONNECTIONS) as found:
            yield found


@pytest.fixture(params=DEPLOYED)
def stack(request, every_stack):
    """One after another."""
    return every_stack[request.param]


@pytest.fixture
def client(stack):
    """A client that holds every answer to the contract."""
    with client_of(stack.url) as client:
        yield client
