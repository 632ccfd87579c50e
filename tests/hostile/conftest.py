"""The deployed stacks as they are measured."""

from dataclasses import dataclass

import pytest

from tests.contract.stage import DEPLOYED, client_of


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
    return Amounts(operations=300, connections=200, examples=1)


@pytest.fixture(params=DEPLOYED)
def stack(request, deployed):
    """One after another."""
    return deployed[request.param]


@pytest.fixture
def client(stack):
    """A client that holds every answer to the contract."""
    with client_of(stack.url) as client:
        yield client
