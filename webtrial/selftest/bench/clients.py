"""Clients that keep N connections busy, each used as its documentation recommends.

`python -m webtrial.selftest.bench.clients NAME URL CONNECTIONS SECONDS CORE` prints one JSON object
with `requests`, `seconds` and `cpu_s` of a window that follows a warm-up of WARMUP_S. Locust has
its own module because it must patch the standard library before anything is imported.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import perf_counter, process_time
from typing import NoReturn

import uvloop

from webtrial.load.descriptors import raise_descriptor_limit
from webtrial.selftest.bench.window import WARMUP_S, Window

SendRequest = Callable[[], Awaitable[None]]


@asynccontextmanager
async def webtrial(url: str, connections: int) -> AsyncIterator[list[SendRequest]]:
    """The fast path of the driver: one User per connection, including checks and samples."""
    from webtrial.load.connection import Connection
    from webtrial.load.requests import ScenarioContext, SeededData
    from webtrial.load.samples import Samples
    from webtrial.load.scenarios import sessions
    from webtrial.load.user import User
    from webtrial.load.window import Window as Trial

    context = ScenarioContext(url, 1, 10.0, SeededData(1, {}, (), ""), {}, {})
    samples, trial = Samples(), Trial(0, sys.maxsize, sys.maxsize)
    user_sessions = sessions("ping", context)
    users = [User(n, Connection(), next(user_sessions), samples) for n in range(connections)]

    def sender(user: User) -> SendRequest:
        async def send() -> None:
            await user.send_next(0, trial)

        return send

    yield [sender(user) for user in users]
    for user in users:
        await user.connection.aclose()


@asynccontextmanager
async def httpx_stock(url: str, connections: int) -> AsyncIterator[list[SendRequest]]:
    """One AsyncClient for all users, as its documentation recommends."""
    import httpx

    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    async with httpx.AsyncClient(limits=limits, timeout=30, trust_env=False) as client:

        async def send() -> None:
            response = await client.get(url + "/ping")
            assert response.status_code == 200

        yield [send] * connections


@asynccontextmanager
async def aiohttp(url: str, connections: int) -> AsyncIterator[list[SendRequest]]:
    """One ClientSession for all users, as its documentation recommends."""
    from aiohttp import ClientSession, TCPConnector

    async with ClientSession(connector=TCPConnector(limit=connections)) as session:

        async def send() -> None:
            async with session.get(url + "/ping") as response:
                assert response.status == 200
                await response.read()

        yield [send] * connections


CLIENTS = {"webtrial": webtrial, "httpx": httpx_stock, "aiohttp": aiohttp}


async def _measure(name: str, url: str, connections: int, seconds: float) -> NoReturn:
    async with CLIENTS[name](url, connections) as senders:
        counts = [0] * connections

        async def user(index: int, send: SendRequest) -> None:
            while True:
                await send()
                counts[index] += 1

        users = asyncio.gather(*(user(index, send) for index, send in enumerate(senders)))
        await asyncio.sleep(WARMUP_S)
        opening = Window(sum(counts), perf_counter(), process_time())
        await asyncio.wait([users], timeout=seconds)
        window = Window(sum(counts), perf_counter(), process_time()) - opening
        if users.done():
            users.result()  # they end only by an error
        print(json.dumps(window.as_json()), flush=True)
        os._exit(0)  # no need to stop users one by one: some clients take minutes for thousands


def main() -> None:
    """Measure one client once."""
    name, url, connections, seconds, core = sys.argv[1:]
    os.sched_setaffinity(0, {int(core)})
    raise_descriptor_limit()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_measure(name, url, int(connections), float(seconds)))


if __name__ == "__main__":
    main()
