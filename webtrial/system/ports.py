"""Find free ports on the loopback interface."""

import random
import socket

from webtrial.errors import LaunchError

# Below the range from which Linux takes local ports of outgoing connections (32768-60999):
# thousands of those come and go while we measure, and one could take a port between probe and use.
_RANGE = range(15_000, 32_000)
_PROBES = 200


def free_port() -> int:
    """Return a port of 127.0.0.1 that could be bound a moment ago. LaunchError if none is found."""
    for port in random.SystemRandom().sample(_RANGE, _PROBES):
        if _is_free(port):
            return port
    raise LaunchError(
        f"none of {_PROBES} ports tried between {_RANGE.start} and {_RANGE.stop} on 127.0.0.1 is"
        " free: stop the processes that use them (`ss -ltnp` lists them)"
    )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
