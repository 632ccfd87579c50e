"""What the pool of connections to the database has counted."""

from psycopg_pool import AsyncConnectionPool, ConnectionPool


def usage(pool: ConnectionPool | AsyncConnectionPool) -> dict[str, int]:
    """How often a request took a connection, and how long all of them waited, in milliseconds.

    The pool leaves out what of each wait is not a whole millisecond.
    """
    counted = pool.get_stats()  # what has not happened yet is not in it
    return {
        "taken": counted.get("requests_num", 0),
        "waited_ms": counted.get("requests_wait_ms", 0),
    }
