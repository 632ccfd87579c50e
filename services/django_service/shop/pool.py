"""Counts of the pool of database connections."""

from psycopg_pool import AsyncConnectionPool, ConnectionPool


def usage(pool: ConnectionPool | AsyncConnectionPool) -> dict[str, int]:
    """Return how often a request took a connection, and the total wait in milliseconds.

    The pool rounds each wait down to whole milliseconds.
    """
    counted = pool.get_stats()  # it has no entry for what has not happened yet
    return {
        "taken": counted.get("requests_num", 0),
        "waited_ms": counted.get("requests_wait_ms", 0),
    }
