"""What a stack tells of its pool of connections to the database."""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.contract.stage import client_of
from tests.waiting import LIMIT_S, wait_until

ABOUT = ("framework", "data_access", "orm", "driver", "concurrency", "server", "searches")
OF_OWN_CODE = ("framework", "data_access", "orm", "driver", "searches")

ASKED = 5
BEYOND = 3  # requests more than there are connections
HELD_S = 0.3

NEED_IT = ["/users", "/users/1", "/users/0", "/products/search?q=lamp", "/catalog"]
DO_NOT = ["/ping", "/pool", "/sources?count=1&delay_ms=0", "/users?limit=0", "/nowhere"]


@pytest.fixture
def told(client):
    """PersistentRequests for the pool's counts; skips where they are not told."""

    def ask():
        counts = client.get("/pool").json()
        assert counts.keys() == {"taken", "waited_ms"}
        assert (counts["taken"] is None) == (counts["waited_ms"] is None)
        if counts["taken"] is None:
            pytest.skip("this pool does not tell")
        return counts

    return ask


def test_each_request_that_needs_the_database_takes_a_connection(client, stack, told):
    after = told()
    for target in NEED_IT:
        at_least = 3 if "search" in target and stack.service.stack.searches == "gather" else 1
        before = after
        for _ in range(ASKED):
            client.get(target)
        after = told()
        assert after["taken"] - before["taken"] == ASKED * at_least, target
        assert after["waited_ms"] >= before["waited_ms"]


def test_no_other_request_takes_one(client, told):
    before = told()
    for target in DO_NOT:
        for _ in range(ASKED):
            client.get(target)
        assert told() == before, target


def test_what_requests_wait_for_a_connection_is_counted(stack, told):
    """A lock holds as many requests as there are connections; what others wait is known.

    When they begin to wait is not: on a slow machine they come late, and are held for longer."""
    held_s = HELD_S
    while True:
        waited_ms, took_ms = waited_for(stack, told, held_s)
        assert waited_ms <= (stack.connections + BEYOND) * took_ms
        if waited_ms >= HELD_S * 1e3:
            return
        held_s *= 3
        assert held_s < LIMIT_S, "nothing is counted"


def waited_for(stack, told, held_s):
    """What the pool counts of more requests than there are connections, of which all wait for a
    lock for `held_s`; and how long it all took."""
    before, began_s = told(), time.monotonic()
    asked = stack.connections + BEYOND
    with ThreadPoolExecutor(asked) as pool, client_of(stack.url) as client:
        with psycopg.connect(stack.settings.database_url) as locking:
            locking.execute("LOCK TABLE users")
            answers = [pool.submit(client.get, "/users/1") for _ in range(asked)]
            await_blocked(stack, stack.connections)
            time.sleep(held_s)
        assert {each.result().status_code for each in answers} == {200}
    after = told()
    assert after["taken"] - before["taken"] == asked
    return after["waited_ms"] - before["waited_ms"], 1e3 * (time.monotonic() - began_s)


def await_blocked(stack, connections):
    """Return once so many of the stack's connections wait for a lock."""
    query = """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'
    """
    wait_until(lambda: stack.rows(query) == [(connections,)], "use of every connection")
