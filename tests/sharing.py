"""What the workers of one test session share, so that each is made once: a PostgreSQL, files.

pytest-xdist runs the tests in workers, processes of their own. The process that starts them starts
PostgreSQL too and tells every worker where it is. What a worker makes for all of them it writes to
a file of a common folder, under a lock.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from webtrial.measure.postgres import Server, drop_run_databases, external
from webtrial.system.supervisor import supervise

TESTS = Path(__file__).parent
EXTERNAL_CONNECTIONS = 90  # of the usual limit of 100
MOST_WORKERS = 4  # each holds up to 70 of the embedded server's 300 connections
WORKERS_ON_EXTERNAL = 2

_SHARED = "shared"
_SERVER = pytest.StashKey[dict[str, Any]]()


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is a worker of pytest-xdist."""
    return hasattr(config, "workerinput")


def workers_for(cores: int) -> int:
    """How many workers `-n auto` starts: two more than cores, as many tests wait for a server."""
    return min(cores + 2, WORKERS_ON_EXTERNAL if "DATABASE_URL" in os.environ else MOST_WORKERS)


def share_with_workers(config: pytest.Config) -> None:
    """Start what the workers share; it ends with the session of `config`."""
    ends = ExitStack()
    config.add_cleanup(ends.close)
    folder = ends.enter_context(tempfile.TemporaryDirectory(prefix="webtrial-tests-"))
    server = ends.enter_context(started_postgres())
    config.stash[_SERVER] = {_SHARED: folder, "postgres": asdict(server)}


def tell_worker(config: pytest.Config, workerinput: dict[str, Any]) -> None:
    """Tell a worker what it shares with the others."""
    workerinput.update(config.stash[_SERVER])


@contextmanager
def postgres_for(config: pytest.Config) -> Iterator[Server]:
    """The PostgreSQL of the session, started here where there are no workers."""
    if is_worker(config):
        yield Server(**config.workerinput["postgres"])
    else:
        with started_postgres() as server:
            yield server


@contextmanager
def started_postgres() -> Iterator[Server]:
    """The PostgreSQL that DATABASE_URL names, else an embedded one."""
    if url := os.environ.get("DATABASE_URL"):
        with external(url, connections=EXTERNAL_CONNECTIONS) as server:
            yield server
        return
    with supervise(
        [sys.executable, str(TESTS / "supervised_postgres.py")], stdout=subprocess.PIPE
    ) as kept:
        assert kept.stdout is not None
        line = kept.stdout.readline()
        assert line, "the embedded PostgreSQL did not start: its error stands above"
        server = Server(**json.loads(line))
        yield server
        drop_run_databases(server)


class TakenFromWorkers(Mapping[str, Any]):
    """What the workers agreed on as `name` by `made_once`, read when it is first asked for."""

    def __init__(self, config: pytest.Config, name: str) -> None:
        self._file = Path(config.stash[_SERVER][_SHARED]) / f"{name}.json"

    @cached_property
    def _found(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._file.read_text())
        return found

    def __getitem__(self, key: str) -> Any:
        return self._found[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def made_once(config: pytest.Config, name: str, make: Callable[[], Any]) -> Any:
    """What `make` returns, which JSON can hold: made by the first worker that asks for `name`."""
    if not is_worker(config):
        return make()
    folder = Path(config.workerinput[_SHARED])
    file = folder / f"{name}.json"
    with FileLock(folder / f"{name}.lock"):
        if not file.exists():
            file.write_text(json.dumps(make()))
        return json.loads(file.read_text())
