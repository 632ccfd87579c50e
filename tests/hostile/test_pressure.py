"""More than a service can serve: it sheds or queues, answers rightly what it accepts, recovers."""

import asyncio
import json
import statistics
import time
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from tests.counted import held
from webtrial.measure.children import runs, tree
from webtrial.measure.load.descriptors import raise_descriptor_limit
from webtrial.measure.load.transport import Transport

READ = b"GET /users/%d HTTP/1.1\r\nHost: localhost\r\n\r\n"
SLOW_S = 4.0  # how long slow readers, slow writers and half-open connections stay
RECOVERY_S = 10.0
NEAR = 3.0  # times the usual latency, and a tenth of a second more on a shared machine
PROBES = 20
ANSWER_S = 60.0


async def latency_s(client):
    """The median over a few requests, one after the other."""
    taken = []
    for number in range(1, PROBES + 1):
        began = time.perf_counter()
        answer = await client.get(f"/users/{number}")
        taken.append(time.perf_counter() - began)
        assert answer.status_code == 200
    return statistics.median(taken)


async def recovers(url, usual_s):
    """Seconds until the service is as fast as usual again; fails where it never is."""
    began = time.perf_counter()
    async with httpx.AsyncClient(base_url=url, timeout=RECOVERY_S) as client:
        while True:
            with suppress(httpx.TransportError, AssertionError):
                if await latency_s(client) <= NEAR * usual_s + 0.1:
                    return time.perf_counter() - began
            waited_s = time.perf_counter() - began
            assert waited_s < RECOVERY_S, f"not as fast as usual after {waited_s:.1f} s"


async def usual_latency_s(url):
    async with httpx.AsyncClient(base_url=url, timeout=ANSWER_S) as client:
        await latency_s(client)
        return await latency_s(client)


async def opened(url):
    place = urlsplit(url)
    return await asyncio.open_connection(place.hostname, place.port)


async def read_slowly(url):
    """Ask for a hundred answers and take them a few bytes at a time."""
    reader, writer = await opened(url)
    writer.transport.pause_reading()
    writer.write(READ % 1 * 100)
    ends_s = time.perf_counter() + SLOW_S
    while time.perf_counter() < ends_s:
        await asyncio.sleep(0.5)
        writer.transport.resume_reading()
        with suppress(TimeoutError):
            await asyncio.wait_for(reader.read(64), 0.05)
        writer.transport.pause_reading()
    writer.transport.abort()


async def write_slowly(url):
    """Send a request a byte at a time."""
    _, writer = await opened(url)
    ends_s = time.perf_counter() + SLOW_S
    for byte in READ % 1:
        writer.write(bytes([byte]))
        await asyncio.sleep(0.2)
        if time.perf_counter() > ends_s:
            break
    writer.transport.abort()


async def stay_silent(url):
    """Connect, say nothing, and vanish without a word."""
    _, writer = await opened(url)
    await asyncio.sleep(SLOW_S)
    writer.transport.abort()


async def answered(url, number):
    """Whether one user was read rightly (True), or the service would not (False)."""
    try:
        reader, writer = await asyncio.wait_for(opened(url), ANSWER_S)
        try:
            writer.write(READ % number)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), ANSWER_S)
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            body = await asyncio.wait_for(reader.readexactly(length), ANSWER_S)
        finally:
            writer.transport.abort()
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return False
    if not head.startswith(b"HTTP/1.1 200"):
        assert head.startswith((b"HTTP/1.1 503", b"HTTP/1.1 429")), head
        return False
    assert json.loads(body)["id"] == number, "an answer to another request"
    return True


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


def pressed(stack, press):
    """What came of some pressure, and how long the service took to be as usual again."""

    async def run():
        usual_s = await usual_latency_s(stack.url)
        found = await press()
        return found, await recovers(stack.url, usual_s)

    return asyncio.run(run())


def test_thousands_connect_at_once_and_what_is_answered_is_right(stack, stays_up, amounts):
    found, recovery_s = pressed(
        stack, lambda: many_at_once(stack.url, amounts.connections, users=1000)
    )
    assert found > 0
    held("connections that ask at once, answered rightly", stack.name, found)
    assert recovery_s < RECOVERY_S


SLOW = {
    read_slowly: "connections that read slowly",
    write_slowly: "connections that write slowly",
    stay_silent: "half-open connections",
}


def test_slow_and_silent_connections_are_borne_all_at_once(stack, stays_up, amounts):
    many = amounts.connections // 10

    async def press():
        every = [manner(stack.url) for manner in SLOW for _ in range(many)]
        pressing = asyncio.gather(*every, return_exceptions=True)
        await asyncio.sleep(SLOW_S / 4)
        assert await answered(stack.url, 1), "nobody else is served meanwhile"
        return await pressing

    results, _ = pressed(stack, press)
    failed = [each for each in results if each is not None]
    assert all(isinstance(each, OSError | asyncio.IncompleteReadError) for each in failed), failed
    for number, load in enumerate(SLOW.values()):
        borne = results[number * many : (number + 1) * many].count(None)
        assert borne > 0
        held(load, stack.name, borne)


@pytest.mark.soak
def test_a_burst_far_beyond_capacity_is_queued_or_shed(stack, stays_up):
    async def press():
        requests = int(10 * 2 * await capacity_per_s(stack.url))
        return requests, await burst(stack.url, min(requests, 20_000))

    (requests, answered_rightly), recovery_s = pressed(stack, press)
    assert answered_rightly > 0
    assert recovery_s < RECOVERY_S
    held("requests in a burst of two seconds", stack.name, min(requests, 20_000))
