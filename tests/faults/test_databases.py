"""A PostgreSQL that lets nobody in, that is damaged, or that is lost while a run measures on it.

One run on a server of its own: each fault ends it, each time it is gone on with, and in the end it
is finished by the right address.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.conftest import TESTS
from tests.counted import injected
from tests.faults.test_processes import ASKS_ALL, FAILED
from tests.faults.under_way import fingerprints, measuring, resuming
from webtrial.errors import LaunchError
from webtrial.measure import embedded as server_of_ours
from webtrial.measure.embedded import embedded
from webtrial.measure.postgres import Server
from webtrial.run.store import Run, open_run
from webtrial.system.ports import free_port
from webtrial.system.supervisor import supervise

PASSWORD = "hushhush"  # of the login that lacks rights; no message may show it

CROWDED = "DATABASE_URL with too few connections"

REFUSED = {
    "DATABASE_URL without a server": "no connection to PostgreSQL at",
    "DATABASE_URL with a wrong password": "no connection to PostgreSQL at",
    "DATABASE_URL of a user without privileges": "CREATEDB",
    CROWDED: "raise its max_connections by",
}
"""Fault → what the command says of it."""

CUT = "connection to PostgreSQL cut while measuring"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL that nobody else uses, with a login that may do nothing."""
    with supervise(
        [sys.executable, str(TESTS / "supervised_postgres.py")], stdout=subprocess.PIPE
    ) as kept:
        assert kept.stdout is not None
        server = Server(**json.loads(kept.stdout.readline()))
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(f"CREATE ROLE guest LOGIN PASSWORD '{PASSWORD}'")
        yield server


def address_for(fault: str, server: Server, silent_port: int) -> str:
    parts = urlsplit(server.url)
    place = parts.netloc.rpartition("@")[2]
    return {
        "DATABASE_URL without a server": (
            f"postgresql://guest:{PASSWORD}@127.0.0.1:{silent_port}/postgres"
        ),
        "DATABASE_URL with a wrong password": f"postgresql://guest:{PASSWORD}x@{place}/postgres",
        "DATABASE_URL of a user without privileges": f"postgresql://guest:{PASSWORD}@{place}/postgres",
    }.get(fault, server.url)


@dataclass
class Told:
    """What became of the run by each fault."""

    codes: dict[str, int] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    altered: dict[str, list[str]] = field(default_factory=dict)
    run: Run | None = None


@pytest.fixture(scope="module")
def told(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("databases")
    told, before, run = Told(), dict[str, str](), None
    silent_port = free_port()
    for fault in [CUT, *REFUSED]:
        given = {"DATABASE_URL": address_for(fault, server, silent_port)}
        started = (
            measuring(folder, environment=given)
            if run is None
            else resuming(folder, run, environment=given)
        )
        with ExitStack() as ends:
            if fault == CROWDED:
                ends.enter_context(a_crowd(server))
            under_way = ends.enter_context(started)
            if fault == CUT:
                under_way.wait_for_trial(ASKS_ALL)
                cut_every_connection(server)
            told.codes[fault] = under_way.end()
            told.said[fault] = under_way.said
            under_way.log.write_text("")
        run = under_way.the_run()
        now = fingerprints(run)
        told.altered[fault] = [name for name in before if now.get(name) != before[name]]
        before = now
    assert run is not None
    with resuming(folder, run, environment={"DATABASE_URL": server.url}) as under_way:
        assert under_way.end() == 0, under_way.said
    told.run = open_run(run.path)
    return told


@contextmanager
def a_crowd(server: Server) -> Iterator[None]:
    """Others have taken nearly every connection."""
    with psycopg.connect(server.url) as first, ExitStack() as ends:
        row = first.execute("SELECT current_setting('max_connections')::int").fetchone()
        assert row is not None
        for _ in range(row[0] - 20):
            ends.enter_context(psycopg.connect(server.url))
        yield


def cut_every_connection(server: Server) -> None:
    """Of the run's stacks to their databases, and of its own."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        cut = connection.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        ).fetchone()
    assert cut is not None and cut[0] > 2


@pytest.mark.soak
@pytest.mark.parametrize("fault", REFUSED)
def test_a_server_that_cannot_be_used_is_refused_and_nothing_is_lost(
    told: Told, fault: str
) -> None:
    assert told.codes[fault] == FAILED
    assert REFUSED[fault] in told.said[fault], told.said[fault]
    assert PASSWORD not in told.said[fault]
    assert told.altered[fault] == []
    injected(fault)


@pytest.mark.soak
def test_a_connection_that_is_cut_ends_the_run_which_says_during_which_trial(told: Told) -> None:
    assert told.codes[CUT] == FAILED
    assert f"PostgreSQL was lost during trial {ASKS_ALL} " in told.said[CUT], told.said[CUT]
    assert "resume the run with --resume" in told.said[CUT]
    injected(CUT)


@pytest.mark.soak
def test_the_run_finishes_with_every_trial_once_the_address_is_right(told: Told) -> None:
    run = told.run
    assert run is not None
    assert (run.manifest.state, run.damage) == ("finished", {})
    assert [trial.planned.number for trial in run.trials] == list(range(1, 9))
    assert len(run.manifest.interruptions) == 1 + len(REFUSED)
    kept = "".join(path.read_text() for path in run.path.rglob("*.json"))
    assert PASSWORD not in kept


# --- the server that we start ourselves


def of_another_version(data: Path) -> None:
    (data / "PG_VERSION").write_text("15\n")


def damaged(data: Path) -> None:
    control = data / "global" / "pg_control"
    content = bytearray(control.read_bytes())
    content[40] ^= 0xFF
    control.write_bytes(content)


@pytest.mark.parametrize(
    ("hit", "said", "fault"),
    [
        pytest.param(
            of_another_version,
            "incompatible with server",
            "PostgreSQL data of another version",
            marks=pytest.mark.full,
        ),
        (damaged, "incorrect checksum", "damaged PostgreSQL data"),
    ],
)
def test_data_that_the_server_cannot_read_are_named_and_the_next_server_works(
    scratch: Path,
    monkeypatch: pytest.MonkeyPatch,
    hit: Callable[[Path], None],
    said: str,
    fault: str,
) -> None:
    initialise = server_of_ours._initialise

    def and_hit(home: server_of_ours._Home, *rest: object) -> None:
        initialise(home, *rest)
        hit(home.data)

    with monkeypatch.context() as patch:
        patch.setattr(server_of_ours, "_initialise", and_hit)
        message = rf"PostgreSQL did not start\. End of .*:\n(.*\n)*.*{said}"
        with pytest.raises(LaunchError, match=message), embedded(scratch, max_connections=20):
            pass
    assert list(scratch.iterdir()) == []
    with embedded(scratch, max_connections=20) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    injected(fault)
