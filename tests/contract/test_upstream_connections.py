"""Connections to the upstreams: kept, and no more of them than a stack is given."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract.stage import STACKS, UPSTREAM_CONNECTIONS, client_of, served
from tests.waiting import LIMIT_S, wait_until

AT_ONCE = UPSTREAM_CONNECTIONS + 4
ROUNDS = 5
DEPLOYED = ("flask", "django", "fastapi")


@pytest.fixture(scope="module", params=DEPLOYED)
def roomy(request, seeded, package_upstreams, logs):
    """A stack with as many connections to the database as to an upstream: some hold one while
    they ask the other."""
    urls = package_upstreams.inventory.url, package_upstreams.analytics.url
    stacks = {request.param: STACKS[request.param]}
    with served(seeded, "roomy", urls, logs, stacks, UPSTREAM_CONNECTIONS, LIMIT_S) as found:
        yield found[request.param]
        found[request.param].expect_no_exception()


@pytest.fixture
def ask_at_once(roomy, seeded):
    """Asks for the dashboard more often at once than there are connections."""
    form = {"username": "account002", "password": seeded.password}
    with client_of(roomy.url) as client, ThreadPoolExecutor(AT_ONCE) as pool:
        token = client.post("/token", data=form).json()["access_token"]
        header = {"Authorization": f"Bearer {token}"}

        def ask(_):
            return client.get("/dashboard/stats", headers=header).json()["missing"]

        yield lambda: list(pool.map(ask, range(AT_ONCE)))


def test_every_connection_is_used_and_none_is_reopened(ask_at_once, upstreams):
    upstreams.turn(inventory="slow", analytics="slow")
    each = upstreams.inventory, upstreams.analytics

    def uses_all() -> bool:
        assert ask_at_once() == [[]] * AT_ONCE
        return min(upstream.accepted for upstream in each) == UPSTREAM_CONNECTIONS

    wait_until(uses_all, "use of every connection")
    for _ in range(ROUNDS):
        assert ask_at_once() == [[]] * AT_ONCE
    assert [upstream.accepted for upstream in each] == [UPSTREAM_CONNECTIONS] * 2
