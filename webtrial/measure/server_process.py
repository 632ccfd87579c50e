"""Start server processes, each on a port of its own, and wait until they respond."""

import signal
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psutil

from webtrial.errors import LaunchError
from webtrial.load.descriptors import raise_descriptor_limit
from webtrial.system.ports import free_port
from webtrial.system.process_tree import (
    end_of,
    last_lines,
    start_child,
    stop_child,
    stop_children,
    tree,
)

READY_S = 30.0


_ATTEMPTS = 3  # to find a port that stays free until it is bound


_AT_ONCE = 4


_POLL_S = 0.05


Cores = Collection[int] | None


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to start a server at a port that is still to be chosen."""

    name: str
    folder: Path
    command: Callable[[int], list[str]]
    environment: dict[str, str]
    cores: Cores
    log: Path
    stop_signal: int = signal.SIGTERM


@dataclass(frozen=True, slots=True)
class Started:
    """A server that has been started and may not respond yet."""

    recipe: Recipe
    process: subprocess.Popen[bytes]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class PortTakenError(Exception):
    """Another process listens on the port that ours should use."""


@contextmanager
def running_processes(recipes: Sequence[Recipe]) -> Iterator[list[Started]]:
    raise_descriptor_limit()  # at the usual limit of 1,024, a server drops connections silently
    running: list[Started] = []
    ready: list[Started] = []
    try:
        # Dozens started at once on two cores would slow each other down until one times out.
        for first in range(0, len(recipes), _AT_ONCE):
            batch = [_start(each, running) for each in recipes[first : first + _AT_ONCE]]
            ready += [_start_until_ready(each, running) for each in batch]
        yield ready
    finally:
        stop_children([(each.process, each.recipe.stop_signal) for each in running])


def _start(recipe: Recipe, running: list[Started]) -> Started:
    port = free_port()
    process = start_child(
        recipe.command(port),
        cwd=recipe.folder,
        env=recipe.environment,
        log=recipe.log,
        cores=recipe.cores,
    )
    started = Started(recipe, process, port)
    running.append(started)
    return started


def _start_until_ready(
    started: Started, running: list[Started], attempts: int = _ATTEMPTS
) -> Started:
    """Return `started` once it responds, or a restarted copy if its port was taken meanwhile."""
    try:
        _await_ready(started)
    except PortTakenError:
        stop_child(started.process, started.recipe.stop_signal)
    else:
        return started
    if attempts == 1:
        raise LaunchError(
            f"{started.recipe.name} could not be started: other processes took {_ATTEMPTS} ports"
            " one after another. Try again"
        )
    return _start_until_ready(_start(started.recipe, running), running, attempts - 1)


def _await_ready(started: Started) -> None:
    """Return once GET /ping returns 200; raise LaunchError once it is clear that it will not."""
    name, log = started.recipe.name, started.recipe.log
    deadline = time.monotonic() + READY_S
    while started.process.poll() is None:
        status = _ping(started.port)
        if status is not None and _is_taken(started):
            raise PortTakenError
        if status == 200:
            return
        if time.monotonic() > deadline:
            raise LaunchError(
                f"{name} did not respond to GET /ping with 200 within {READY_S:g} s (last result:"
                f" {status or 'no connection'}). {end_of(log)}"
            )
        time.sleep(_POLL_S)
    if "ddress already in use" in last_lines(log):
        raise PortTakenError
    raise LaunchError(
        f"{name} exited with code {started.process.returncode} before it was ready. {end_of(log)}"
    )


def _ping(port: int) -> int | None:
    """Return the status of GET /ping; 0 if it is late or not HTTP, None if nothing listens."""
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status
    except ConnectionRefusedError:
        return None
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


def _is_taken(started: Started) -> bool:
    """Whether a foreign process responds at the port.

    If our process is just ending, nothing responds.
    """
    return not _listens(started) and _ping(started.port) is not None and not _listens(started)


def _listens(started: Started) -> bool:
    """Whether a process of ours listens on the port."""
    return any(started.port in _listening_ports(each) for each in tree(started.process.pid))


def _listening_ports(process: psutil.Process) -> set[int]:
    try:
        connections = process.net_connections("inet")
    except psutil.Error:  # starting or ending processes look like access denied
        return set()
    return {each.laddr.port for each in connections if each.status == psutil.CONN_LISTEN}
