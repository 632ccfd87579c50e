"""HTTP by hand, for what no client would send."""

import socket
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

WAIT_S = 5.0


@contextmanager
def line_to(url, wait_s=WAIT_S):
    """An open connection to a service."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=wait_s) as line:
        yield line


def answers_to(url, sent, wait_s=WAIT_S):
    """All that a service says to some bytes until it closes, resets or falls silent."""
    with line_to(url, wait_s) as line:
        with suppress(OSError):  # it may hang up before all is sent
            line.sendall(sent)
            line.shutdown(socket.SHUT_WR)
        said = b""
        with suppress(OSError):
            while piece := line.recv(65536):
                said += piece
    return said


def statuses_in(said):
    """The status of each answer in what was said."""
    lines = said.split(b"HTTP/1.1 ")[1:]
    return [int(each[:3]) for each in lines]
