"""PostgreSQL restarts under load: every stack is well again by itself."""

import asyncio
import json
import subprocess
import sys
import time
from contextlib import suppress

import httpx
import psutil
import psycopg
import pytest

from tests.conftest import TESTS
from tests.contract.stage import STACKS, Seeded, served
from tests.counted import injected
from tests.waiting import LIMIT_S, LONG_S, wait_until
from webtrial.load.transport import Transport
from webtrial.measure.postgres import Server, create_database, drop_run_databases, seal_template
from webtrial.run.stacks import SERVICES
from webtrial.system.process_tree import runs
from webtrial.system.supervisor import supervise

CLIENTS = 16
BEFORE_S = 1.0
CALM = 50  # answers in a row that are right
OTHERS = ("django", "flask")
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def own_postgres():
    """A server that nobody else uses."""
    with supervise(
        [sys.executable, str(TESTS / "supervised_postgres.py")], stdout=subprocess.PIPE
    ) as kept:
        server = Server(**json.loads(kept.stdout.readline()))
        yield server
        drop_run_databases(server)


@pytest.fixture(scope="module")
def one_user(own_postgres):
    """The template of the stacks' databases: tables with one user, who is all that is asked for."""
    with psycopg.connect(create_database(own_postgres, "one-user"), autocommit=True) as connection:
        connection.execute((SERVICES / "database" / "schema.sql").read_bytes())
        connection.execute("INSERT INTO users (username, email, age) VALUES ('a', 'a@b.org', 30)")
    seal_template(own_postgres, "one-user")
    return Seeded(own_postgres, "one-user", "", {})


@pytest.fixture(
    scope="module",
    params=["fastapi", *(pytest.param(name, marks=pytest.mark.full) for name in OTHERS)],
)
def stack(request, one_user, tmp_path_factory):
    """One after another."""
    stacks, logs = {request.param: STACKS[request.param]}, tmp_path_factory.mktemp("logs")
    with served(one_user, "restarted", (NOWHERE, NOWHERE), logs, stacks) as found:
        yield found[request.param]


def crash(own_postgres):
    """End one of its processes as a fault would: it ends all others, recovers, and serves anew."""
    server = psutil.Process(own_postgres.pid)
    backends = [each for each in server.children() if "idle" in " ".join(each.cmdline())]
    assert backends, "no connection is open"
    backends[0].kill()
    wait_until(lambda: not any(map(runs, backends)), "end of every connection")

    def serves_anew():
        with suppress(psycopg.Error), psycopg.connect(own_postgres.url, connect_timeout=30):
            return True

    wait_until(serves_anew, "recovery of PostgreSQL")


@pytest.mark.parametrize("scenario", [pytest.param("idle", marks=pytest.mark.full), "under load"])
def test_a_stack_recovers_from_a_restart_of_postgresql(stack, own_postgres, scenario):
    statuses = asyncio.run(asked(stack.url, own_postgres, idle=scenario == "idle"))
    assert statuses[-CALM:] == [200] * CALM
    assert runs(psutil.Process(stack.service.pid))
    injected(f"PostgreSQL restarted {scenario}")


async def asked(url, own_postgres, *, idle):
    """The status of each answer, in order, until CALM are right in a row or time is over."""
    statuses = []
    transport = Transport(max_connections=CLIENTS)
    async with httpx.AsyncClient(transport=transport, base_url=url, timeout=LIMIT_S) as client:
        ends_s = time.monotonic() + LONG_S

        async def one(until):
            while time.monotonic() < ends_s and not until():
                try:
                    answer = await client.get("/users?limit=1")  # whoever is left of them
                    statuses.append(answer.status_code)
                    assert answer.status_code >= 500 or len(answer.json()["items"]) == 1
                except httpx.TransportError:
                    statuses.append(0)
                if statuses[-1] != 200:
                    await asyncio.sleep(0.05)

        async def all_of(until):
            await asyncio.gather(*(one(until) for _ in range(CLIENTS)))

        restarted = False

        def calm():
            return restarted and statuses[-CALM:] == [200] * CALM

        if idle:
            await client.get("/users?limit=1")  # its connection is open when it is cut
            await asyncio.to_thread(crash, own_postgres)
            restarted = True
            await all_of(calm)
        else:
            load = asyncio.create_task(all_of(calm))
            await asyncio.sleep(BEFORE_S)
            await asyncio.to_thread(crash, own_postgres)
            statuses.append(-1)  # what follows is after it
            restarted = True
            await load
    return statuses
