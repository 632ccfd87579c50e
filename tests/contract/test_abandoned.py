"""Clients that go away while their requests are served: what these took is given back."""

import socket
import time
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import psycopg

from tests.waiting import LIMIT_S, wait_until

ABOUT = ("framework", "data_access", "orm", "driver", "concurrency", "server")
OF_OWN_CODE = ("framework", "orm")
NOTICED_S = 0.2  # by servers that watch for it
_BLOCKED = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def ask(stack):
    """A connection on which a user was asked for."""
    address = urlsplit(stack.url)
    connection = socket.create_connection((address.hostname, address.port), LIMIT_S)
    connection.sendall(b"GET /users/1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    return connection


@contextmanager
def every_connection_taken(stack):
    """As many requests in the database as there are connections, held there by a lock."""
    with ExitStack() as asking, psycopg.connect(stack.settings.database_url) as locking:
        locking.execute("LOCK TABLE users")
        asked = [asking.enter_context(ask(stack)) for _ in range(stack.connections)]
        wait_until(
            lambda: stack.rows(_BLOCKED) == [(stack.connections,)],
            f"lock waited for on all {stack.connections} connections to the database",
        )
        yield asked


def test_who_leaves_takes_no_connection_along(stack):
    with every_connection_taken(stack) as asked:
        for each in asked:
            each.close()
        time.sleep(NOTICED_S)
    with every_connection_taken(stack):
        pass
