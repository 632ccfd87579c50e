"""What the tests share: a real PostgreSQL, and folders that services can reach."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.counted import COUNTS
from webtrial.measure.keeper import keep, scratch_folder
from webtrial.measure.postgres import Server, drop_own, external
from webtrial.publish.hardening import FILE, write_hardening

TESTS = Path(__file__).parent

# What a user has set for libpq or git is not part of a test.
for _name in [name for name in os.environ if name.startswith(("PG", "GIT_"))]:
    del os.environ[_name]


def pytest_addoption(parser):
    """For who has the time."""
    parser.addoption(
        "--every-stack", action="store_true", help="the contract in full for every stack"
    )
    parser.addoption(
        "--soak", action="store_true", help="hours of it: faults, load and bad inputs in full"
    )
    parser.addoption(
        "--write-counts", action="store_true", help=f"what was withstood into {FILE.name}"
    )


def pytest_collection_modifyitems(config, items):
    """What takes long is for `make soak` alone."""
    if config.getoption("--soak"):
        return
    left = [item for item in items if item.get_closest_marker("soak") is None]
    config.hook.pytest_deselected(items=[item for item in items if item not in left])
    items[:] = left


def pytest_terminal_summary(terminalreporter, exitstatus, config):
    """Show what was withstood; where it is to be kept, keep it if nothing failed."""
    if not COUNTS:
        return
    terminalreporter.section("what was withstood")
    for (what, name, stack), times in sorted(COUNTS.items()):
        terminalreporter.write_line(f"{times:>7,}  {what}: {name}{', ' * bool(stack)}{stack}")
    if config.getoption("--write-counts") and exitstatus == 0:
        write_hardening(COUNTS)
        terminalreporter.write_line(f"written to {FILE}")


@pytest.fixture(scope="session", autouse=True)
def _interruptions_are_heard():
    """A shell has its background jobs ignore SIGINT, and what they start inherits that."""
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def postgres():
    """The PostgreSQL that DATABASE_URL names, else an embedded one; a webtrial Server."""
    if url := os.environ.get("DATABASE_URL"):
        with external(url, connections=90) as server:
            yield server
        return
    with keep([sys.executable, str(TESTS / "keep_postgres.py")], stdout=subprocess.PIPE) as kept:
        line = kept.stdout.readline()
        assert line, "the embedded PostgreSQL did not start: its error stands above"
        server = Server(**json.loads(line))
        yield server
        drop_own(server)


@pytest.fixture(scope="session")
def seeded(postgres, tmp_path_factory):
    """The template database of all tests, from which they clone their own; a stage.Seeded."""
    from tests.contract.stage import seed_template  # noqa: PLC0415 - half a second, for few

    return seed_template(postgres, "seeded", tmp_path_factory.mktemp("seeded") / "build.log")


@pytest.fixture
def scratch():
    """A folder with a short path that any user can reach."""
    with scratch_folder() as folder:
        yield folder
