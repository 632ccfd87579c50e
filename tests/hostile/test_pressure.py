"""More than a service can serve: it sheds or queues, answers rightly what it accepts, recovers."""

import asyncio
import json
import statistics
import time
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from tests.counted import held
from tests.waiting import LIMIT_S
from webtrial.load.descriptors import raise_descriptor_limit
from webtrial.load.transport import Transport
from webtrial.system.process_tree import runs, tree

READ = b"GET /users/%d HTTP/1.1\r\nHost: localhost\r\n\r\n"
SLOW_S = 4.0  # how long slow readers, slow writers and silent connections take
RECOVERY_S = 10.0  # in a soak, on a machine that nobody else uses
NEAR = 3.0  # times the usual latency, and a tenth of a second more on a shared machine
PROBES = 20
READ_AHEAD = 2048  # bytes that a reader takes before it is asked for them
SHED = (OSError, TimeoutError, asyncio.IncompleteReadError)
ANSWER_S = LIMIT_S


async def latency_s(client):
    """The median over a few requests, one after the other."""
    taken = []
    for number in range(1, PROBES + 1):
        began = time.perf_counter()
        answer = await client.get(f"/users/{number}")
        taken.append(time.perf_counter() - began)
        assert answer.status_code == 200
    return statistics.median(taken)


async def recovers(url):
    """Wait until the service answers rightly again; fails where that takes LIMIT_S."""
    ends_s = time.monotonic() + LIMIT_S
    async with httpx.AsyncClient(base_url=url, timeout=LIMIT_S) as client:
        while True:
            with suppress(httpx.TransportError, AssertionError):
                await latency_s(client)
                return
            assert time.monotonic() < ends_s, f"not well again after {LIMIT_S:g} s"
            await asyncio.sleep(0.1)


async def is_fast_again(url, usual_s):
    """Wait until the service is as fast as usual again; fails where that takes RECOVERY_S."""
    began = time.perf_counter()
    async with httpx.AsyncClient(base_url=url, timeout=RECOVERY_S) as client:
        while await latency_s(client) > NEAR * usual_s + 0.1:
            waited_s = time.perf_counter() - began
            assert waited_s < RECOVERY_S, f"not as fast as usual after {waited_s:.1f} s"


async def usual_latency_s(url):
    async with httpx.AsyncClient(base_url=url, timeout=ANSWER_S) as client:
        await latency_s(client)
        return await latency_s(client)


async def ask_at_once(writer, number):
    """A request, whole."""
    writer.write(READ % number)


async def ask_slowly(writer, number):
    """A request byte by byte, and its end when SLOW_S are over."""
    *bytes_of_it, last = READ % number
    for byte in bytes_of_it:
        writer.write(bytes([byte]))
        await asyncio.sleep(SLOW_S / len(bytes_of_it))
    writer.write(bytes([last]))


async def ask_late(writer, number):
    """Connect, say nothing, and ask when SLOW_S are over."""
    await asyncio.sleep(SLOW_S)
    writer.write(READ % number)


async def read_answer(reader, number):
    """Whether it is that user, rightly (True), or a refusal (False)."""
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), ANSWER_S)
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    body = await asyncio.wait_for(reader.readexactly(length), ANSWER_S)
    if not head.startswith(b"HTTP/1.1 200"):
        assert head.startswith((b"HTTP/1.1 503", b"HTTP/1.1 429", b"HTTP/1.1 408")), head
        return False
    assert json.loads(body)["id"] == number, "an answer to another request"
    return True


@asynccontextmanager
async def connected(url):
    place = urlsplit(url)
    opening = asyncio.open_connection(place.hostname, place.port, limit=READ_AHEAD)
    reader, writer = await asyncio.wait_for(opening, ANSWER_S)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def answered(url, number, ask=ask_at_once):
    """Whether one user was read rightly (True), or the service would not (False)."""
    try:
        async with connected(url) as (reader, writer):
            await ask(writer, number)
            return await read_answer(reader, number)
    except SHED:
        return False


async def read_slowly(url, number):
    """The same of a hundred answers to requests that were all sent, which are taken one by one."""
    try:
        async with connected(url) as (reader, writer):
            writer.write(READ % number * 100)
            for _ in range(100):
                await asyncio.sleep(SLOW_S / 100)
                if not await read_answer(reader, number):
                    return False
            return True
    except SHED:
        return False


async def write_slowly(url, number):
    """The same of a request that takes its time to come."""
    return await answered(url, number, ask_slowly)


async def stay_silent(url, number):
    """The same of a connection that is idle for long."""
    return await answered(url, number, ask_late)


async def many_at_once(url, connections, users):
    """So many connections at one moment, each of which asks once; how many were answered."""
    tasks = [answered(url, 1 + index % users) for index in range(connections)]
    return sum(await asyncio.gather(*tasks))


async def burst(url, requests):
    """So many requests, all sent within two seconds."""
    transport = Transport(max_connections=500)
    async with httpx.AsyncClient(
        transport=transport, base_url=url, timeout=httpx.Timeout(ANSWER_S, pool=None)
    ) as client:

        async def one(index):
            await asyncio.sleep(2.0 * index / requests)
            try:
                answer = await client.get(f"/users/{1 + index % 1000}")
            except httpx.TransportError:
                return False
            assert answer.status_code in (200, 503, 429)
            if answer.status_code == 200:
                assert answer.json()["id"] == 1 + index % 1000
            return answer.status_code == 200

        return sum(await asyncio.gather(*map(one, range(requests))))


async def capacity_per_s(url, seconds=1.5):
    """What 32 clients get answered, for a rough idea."""
    ends_s, count = time.perf_counter() + seconds, 0
    transport = Transport(max_connections=32)
    async with httpx.AsyncClient(transport=transport, base_url=url, timeout=ANSWER_S) as client:

        async def one():
            nonlocal count
            while time.perf_counter() < ends_s:
                await client.get("/users/1")
                count += 1

        await asyncio.gather(*(one() for _ in range(32)))
    return count / seconds


@pytest.fixture
def stays_up(stack):
    """Fails where a process of the service has ended meanwhile."""
    raise_descriptor_limit()
    before = {(each.pid, each.create_time()) for each in tree(stack.service.pid)}
    yield
    after = {(each.pid, each.create_time()) for each in tree(stack.service.pid)}
    assert before <= after, "a process of the service has ended"
    assert runs(psutil.Process(stack.service.pid))


@pytest.fixture
def pressed(stack, request):
    """What came of some pressure, once the service is well again; in a soak, as fast as usual."""
    soaking = request.config.getoption("--soak")

    async def run(press):
        usual_s = await usual_latency_s(stack.url)
        found = await press()
        await recovers(stack.url)
        if soaking:
            await is_fast_again(stack.url, usual_s)
        return found

    return lambda press: asyncio.run(run(press))


def test_thousands_connect_at_once_and_what_is_answered_is_right(stack, stays_up, amounts, pressed):
    found = pressed(lambda: many_at_once(stack.url, amounts.connections, users=1000))
    assert found > 0
    held("simultaneous connections, correct responses", stack.name, found)


SLOW = {
    read_slowly: "slow-reading connections, correct responses",
    write_slowly: "slow-writing connections, correct responses",
    stay_silent: "silent half-open connections, correct responses",
}


@pytest.mark.full
def test_slow_and_silent_connections_are_borne_all_at_once(stack, stays_up, amounts, pressed):
    many = amounts.connections // 10

    async def press():
        every = [manner(stack.url, 1 + index) for manner in SLOW for index in range(many)]
        pressing = asyncio.gather(*every)
        await asyncio.sleep(SLOW_S / 4)
        assert await answered(stack.url, 1), "nobody else is served meanwhile"
        return await pressing

    results = pressed(press)
    for number, load in enumerate(SLOW.values()):
        borne = sum(results[number * many : (number + 1) * many])
        assert borne > 0
        held(load, stack.name, borne)


@pytest.mark.soak
def test_a_burst_far_beyond_capacity_is_queued_or_shed(stack, stays_up, pressed):
    async def press():
        requests = int(10 * 2 * await capacity_per_s(stack.url))
        return await burst(stack.url, min(requests, 20_000))

    answered_rightly = pressed(press)
    assert answered_rightly > 0
    held("requests in a two-second burst, correct responses", stack.name, answered_rightly)
