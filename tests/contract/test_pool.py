"""What a stack tells of its pool of connections to the database."""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.contract.stage import client_of

ABOUT = ("framework", "data_access", "orm", "driver", "concurrency", "server", "searches")

ASKED = 5
BEYOND = 3  # requests more than there are connections
HELD_S = 0.3
PATIENCE_S = 20.0

NEED_IT = ["/users", "/users/1", "/users/0", "/products/search?q=lamp", "/catalog"]
DO_NOT = ["/ping", "/pool", "/sources?count=1&delay_ms=0", "/users?limit=0", "/nowhere"]


@pytest.fixture
def told(client):
    """Asks for the pool's counts; skips where they are not told."""

    def ask():
        counts = client.get("/pool").json()
        assert counts.keys() == {"taken", "waited_ms"}
        assert (counts["taken"] is None) == (counts["waited_ms"] is None)
        if counts["taken"] is None:
            pytest.skip("this pool does not tell")
        return counts

    return ask


@pytest.mark.parametrize("target", NEED_IT)
def test_each_request_that_needs_the_database_takes_a_connection(client, stack, told, target):
    at_least = 3 if "search" in target and stack.service.stack.searches == "gather" else 1
    before = told()
    for _ in range(ASKED):
        client.get(target)
    after = told()
    assert after["taken"] - before["taken"] == ASKED * at_least
    assert after["waited_ms"] >= before["waited_ms"]


@pytest.mark.parametrize("target", DO_NOT)
def test_no_other_request_takes_one(client, told, target):
    before = told()
    for _ in range(ASKED):
        client.get(target)
    assert told() == before


def test_what_requests_wait_for_a_connection_is_counted(stack, told):
    """A lock holds as many requests as there are connections; what others wait is known."""
    before = told()
    with ThreadPoolExecutor(stack.connections + BEYOND) as pool, client_of(stack.url) as client:
        with psycopg.connect(stack.settings.database_url) as locking:
            locking.execute("LOCK TABLE users")
            asked = stack.connections + BEYOND
            answers = [pool.submit(client.get, "/users/1") for _ in range(asked)]
            await_blocked(stack, stack.connections)
            time.sleep(HELD_S)
        assert {each.result().status_code for each in answers} == {200}
    after = told()
    assert after["taken"] - before["taken"] == stack.connections + BEYOND
    # The last of them may have come late to a busy machine, but not all.
    assert after["waited_ms"] - before["waited_ms"] >= HELD_S * 1e3


def await_blocked(stack, connections):
    """Return once so many of the stack's connections wait for a lock."""
    query = """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'
    """
    deadline_s = time.monotonic() + PATIENCE_S
    while stack.rows(query) != [(connections,)]:
        assert time.monotonic() < deadline_s, f"not all {connections} connections were taken"
        time.sleep(0.005)
