"""A request given up: its connection must not bring its answer to the next one."""

import asyncio
from contextlib import suppress

import httpx
import pytest

from tests.load.conformance.conftest import Kind
from tests.load.scripted import Line, answering, asked, scripted
from tests.waiting import LIMIT_S

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold"
NEW = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew"


async def _give_up(task: asyncio.Task[httpx.Response], arrived: asyncio.Event) -> None:
    await asyncio.wait_for(arrived.wait(), LIMIT_S)
    await asyncio.sleep(0.01)  # for what was sent to be read
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    "before",
    [b"", OK[:10], OK[:-3], OK[:-1], b"HTTP/1.1 100 Continue\r\n\r\n"],
    ids=["before all", "in the headers", "before the body", "in mid-body", "after a 100"],
)
async def test_a_request_given_up_leaves_nothing_to_the_next(
    http: httpx.AsyncClient, before: bytes
) -> None:
    arrived = asyncio.Event()
    async with scripted(asked(arrived, before), answering(NEW)) as server:
        await _give_up(asyncio.create_task(http.get(server.url)), arrived)
        assert (await http.get(server.url)).text == "new"
    assert server.connections == 2


async def test_a_request_given_up_while_it_is_sent_leaves_nothing_to_the_next(
    http: httpx.AsyncClient,
) -> None:
    arrived = asyncio.Event()

    async def halting():
        yield b"one"
        await asyncio.Event().wait()

    async def reading(line: Line) -> None:
        await line.reader.readuntil(b"one")
        await line.send(OK)  # a whole answer, though the request is half sent
        arrived.set()

    async with scripted(reading, answering(NEW)) as server:
        await _give_up(asyncio.create_task(http.post(server.url, content=halting())), arrived)
        assert (await http.get(server.url)).text == "new"
    assert server.connections == 2


async def test_a_connection_is_closed_when_its_request_is_given_up(http: httpx.AsyncClient) -> None:
    arrived, left = asyncio.Event(), asyncio.Event()

    async def watch(line: Line) -> None:
        await asked(arrived)(line)
        with suppress(ConnectionError):
            await line.reader.read()
        left.set()

    async with scripted(watch) as server:
        await _give_up(asyncio.create_task(http.get(server.url)), arrived)
        await asyncio.wait_for(left.wait(), LIMIT_S)


async def _out_of_time(http: httpx.AsyncClient, url: str, arrived: asyncio.Event) -> None:
    """Ask, with a time limit that ends once the request has arrived."""

    async def end(limit: asyncio.Timeout) -> None:
        await arrived.wait()
        limit.reschedule(asyncio.get_running_loop().time())

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(None) as limit:
            ending = asyncio.create_task(end(limit))
            await http.get(url)
    await ending


async def test_a_time_limit_of_the_callers_is_a_timeout_of_the_callers(
    http: httpx.AsyncClient,
) -> None:
    arrived = asyncio.Event()
    async with scripted(asked(arrived), answering(NEW)) as server:
        await _out_of_time(http, server.url, arrived)
        assert (await http.get(server.url)).text == "new"


async def test_an_answer_left_in_mid_body_leaves_nothing_to_the_next(
    http: httpx.AsyncClient,
) -> None:
    async with scripted(answering(OK[:-1]), answering(NEW)) as server:
        with pytest.raises(KeyError):
            async with http.stream("GET", server.url) as response:
                async for _ in response.aiter_raw():
                    raise KeyError("the caller's")
        assert (await http.get(server.url)).text == "new"
    assert server.connections == 2


@pytest.mark.parametrize("sent", [b"", OK[:-1]], ids=["before the headers", "in mid-body"])
async def test_a_request_given_up_frees_its_place(kind: Kind, sent: bytes) -> None:
    arrived = [asyncio.Event() for _ in range(5)]
    scenes = (asked(each, sent) for each in arrived)
    async with scripted(*scenes) as server, kind.client(max_connections=1) as http:
        for each in arrived:
            await _out_of_time(http, server.url, each)
    assert server.connections == 5


async def test_one_who_gives_up_waiting_for_a_place_takes_none(kind: Kind) -> None:
    arrived = asyncio.Event()
    scenes = asked(arrived), answering(NEW)
    async with scripted(*scenes) as server, kind.client(max_connections=1) as http:
        first = asyncio.create_task(http.get(server.url))
        await asyncio.wait_for(arrived.wait(), LIMIT_S)
        waiting = [asyncio.create_task(http.get(server.url)) for _ in range(3)]
        await asyncio.sleep(0.02)  # for them to wait
        for task in [*waiting, first]:
            task.cancel()
        await asyncio.gather(first, *waiting, return_exceptions=True)
        assert (await http.get(server.url)).text == "new"
    assert len(server.received) == 2
