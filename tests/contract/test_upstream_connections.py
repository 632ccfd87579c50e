"""Connections to the upstreams: kept, and no more of them than a stack is given."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract.stage import DEPLOYED, UPSTREAM_CONNECTIONS, client_of
from tests.waiting import wait_until

AT_ONCE = UPSTREAM_CONNECTIONS + 4
ROUNDS = 5


@pytest.fixture(params=DEPLOYED)
def roomy(request, deployed):
    """A stack with more connections to the database than to an upstream: some hold one while
    they ask the other."""
    found = deployed[request.param]
    said = found.log.stat().st_size
    yield found
    found.expect_no_exception(since=said)


@pytest.fixture
def ask_at_once(roomy, seeded):
    """PersistentRequests for the dashboard more often at once than there are connections."""
    form = {"username": "account002", "password": seeded.password}
    with client_of(roomy.url) as client, ThreadPoolExecutor(AT_ONCE) as pool:
        token = client.post("/token", data=form).json()["access_token"]
        header = {"Authorization": f"Bearer {token}"}

        def ask(_):
            return client.get("/dashboard/stats", headers=header).json()["missing"]

        yield lambda: list(pool.map(ask, range(AT_ONCE)))


@pytest.fixture
def slow(sound_upstreams):
    """Both upstreams, each answer of which takes its time."""
    sound_upstreams.turn(inventory="slow", analytics="slow")
    yield sound_upstreams.inventory, sound_upstreams.analytics
    sound_upstreams.turn(inventory="sound", analytics="sound")


def test_every_connection_is_used_and_none_is_reopened(ask_at_once, slow):

    def uses_all() -> bool:
        assert ask_at_once() == [[]] * AT_ONCE
        return min(upstream.accepted for upstream in slow) == UPSTREAM_CONNECTIONS

    wait_until(uses_all, "use of every connection")
    for _ in range(ROUNDS):
        assert ask_at_once() == [[]] * AT_ONCE
    assert [upstream.accepted for upstream in slow] == [UPSTREAM_CONNECTIONS] * 2
