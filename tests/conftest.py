"""What the tests share: a real PostgreSQL, and folders that services can reach."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from webtrial.measure.keeper import keep, scratch_folder
from webtrial.measure.postgres import Server, drop_own, external

TESTS = Path(__file__).parent


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


@pytest.fixture
def scratch():
    """A folder with a short path that any user can reach."""
    with scratch_folder() as folder:
        yield folder
