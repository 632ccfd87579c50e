"""When a connection serves another request, and when a new one is opened."""

import asyncio

import httpx
import pytest

from tests.load.conformance.conftest import Kind
from tests.load.scripted import Line, Scene, answering, asked, scripted
from tests.waiting import LIMIT_S

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


async def test_a_connection_serves_request_after_request(http: httpx.AsyncClient) -> None:
    async with scripted(answering(*[OK] * 20)) as server:
        for _ in range(20):
            assert (await http.get(server.url)).text == "hello"
    assert server.connections == 1
    assert len(server.received) == 20


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nConnection: X-Hop, Close\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    ],
    ids=["length", "in a list", "chunked", "HTTP/1.0"],
)
async def test_a_connection_that_is_to_close_serves_no_other_request(
    http: httpx.AsyncClient, answer: bytes
) -> None:
    async with scripted(answering(answer)) as server:
        for _ in range(3):
            assert (await http.get(server.url)).text == "hello"
    assert server.connections == 3


@pytest.mark.parametrize("version", [b"HTTP/1.1", b"HTTP/1.0"])
async def test_a_head_that_is_to_close_serves_no_other_request(
    http: httpx.AsyncClient, version: bytes
) -> None:
    close = b"" if version == b"HTTP/1.0" else b"Connection: close\r\n"
    async with scripted(answering(version + b" 200 OK\r\n" + close + b"\r\n")) as server:
        for _ in range(2):
            assert (await http.head(server.url)).status_code == 200
    assert server.connections == 2


async def test_a_request_that_closes_takes_its_connection_with_it(http: httpx.AsyncClient) -> None:
    closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
    async with scripted(answering(closing, then=Line.close)) as server:
        for _ in range(2):
            await http.get(server.url, headers={"Connection": "close"})
    assert server.connections == 2
    assert all(b"connection: close" in request.head.lower() for request in server.received)


async def test_a_connection_closed_while_idle_is_noticed(http: httpx.AsyncClient) -> None:
    answer_read, closed = asyncio.Event(), asyncio.Event()

    async def close(line: Line) -> None:
        await answer_read.wait()
        answer_read.clear()
        line.shut()
        closed.set()

    async with scripted(answering(OK, then=close)) as server:
        for _ in range(3):
            assert (await http.get(server.url)).text == "hello"
            answer_read.set()
            await asyncio.wait_for(closed.wait(), LIMIT_S)
            closed.clear()
    assert server.connections == 3


async def test_a_connection_closed_a_moment_ago_is_noticed(http: httpx.AsyncClient) -> None:
    lines: list[Line] = []

    async def keep(line: Line) -> None:
        lines.append(line)

    async with scripted(answering(OK, then=keep)) as server:
        await http.get(server.url)
        while not lines:
            await asyncio.sleep(0.001)
        lines[0].shut()  # the client's event loop has no chance to see it
        assert (await http.get(server.url)).text == "hello"
    assert server.connections == 2


@pytest.mark.parametrize("end", [Line.close, Line.reset], ids=["close", "reset"])
async def test_a_connection_closed_upon_the_request_is_an_error_and_not_asked_again(
    http: httpx.AsyncClient, end: Scene
) -> None:
    async def answer_once(line: Line) -> None:
        await answering(OK)(line)
        await line.request()
        await end(line)

    async with scripted(answer_once, answering(OK)) as server:
        await http.get(server.url)
        error = httpx.RemoteProtocolError if end is Line.close else httpx.ReadError
        with pytest.raises(error):
            await http.get(server.url)
        assert len(server.received) == 2
        assert (await http.get(server.url)).text == "hello"
    assert server.connections == 2


async def test_what_comes_unasked_on_an_idle_connection_is_no_answer(
    http: httpx.AsyncClient,
) -> None:
    unasked = b"HTTP/1.1 408 Request Timeout\r\nContent-Le"  # no whole answer, and it may go on
    answer_read, said = asyncio.Event(), asyncio.Event()

    async def impatient(line: Line) -> None:
        await answer_read.wait()
        line.say(unasked)
        said.set()

    async with scripted(answering(OK, then=impatient), answering(OK)) as server:
        await http.get(server.url)
        answer_read.set()
        await asyncio.wait_for(said.wait(), LIMIT_S)
        assert (await http.get(server.url)).status_code == 200
    assert server.connections == 2


async def test_many_requests_at_once_get_their_own_answers(kind: Kind) -> None:
    async def echo(line: Line) -> None:
        while True:
            path = (await line.request()).head.split()[1]
            await asyncio.sleep(0.001)
            await line.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(path) + path)

    async with scripted(echo) as server, kind.client(max_connections=20) as http:
        answers = await asyncio.gather(*(http.get(f"{server.url}{i}") for i in range(100)))
    assert [answer.text for answer in answers] == [f"/{i}" for i in range(100)]
    assert server.connections <= 20


async def test_no_more_connections_are_opened_than_allowed(kind: Kind) -> None:
    async def slow(line: Line) -> None:
        while True:
            await line.request()
            await asyncio.sleep(0.01)
            await line.send(OK)

    async with scripted(slow) as server, kind.client(max_connections=3) as http:
        await asyncio.gather(*(http.get(server.url) for _ in range(12)))
    assert server.connections == 3
    assert len(server.received) == 12


async def test_an_answer_not_yet_closed_holds_its_place(kind: Kind) -> None:
    async with scripted(answering(OK, OK)) as server, kind.client(max_connections=1) as http:
        async with http.stream("GET", server.url):
            with pytest.raises(httpx.PoolTimeout):
                await http.get(server.url, timeout=httpx.Timeout(LIMIT_S, pool=0.05))
        assert (await http.get(server.url)).text == "hello"


async def test_a_place_is_free_again_after_every_failure(kind: Kind) -> None:
    scene = answering(b"no answer\r\n\r\n")
    async with scripted(scene) as server, kind.client(max_connections=1) as http:
        for _ in range(3):
            with pytest.raises(httpx.RemoteProtocolError):
                await http.get(server.url)
            with pytest.raises(httpx.UnsupportedProtocol):
                await http.get("ftp://127.0.0.1/")
    assert server.connections == 3


async def test_a_closed_client_has_no_connection_open(kind: Kind) -> None:
    left = asyncio.Event()

    async def watch(line: Line) -> None:
        assert await line.reader.read() == b""
        left.set()

    async with scripted(answering(OK, then=watch)) as server:
        async with kind.client() as http:
            await http.get(server.url)
            assert not left.is_set()
        await asyncio.wait_for(left.wait(), LIMIT_S)
        with pytest.raises(RuntimeError, match="closed"):
            await http.get(server.url)


async def test_closing_the_client_fails_what_is_in_progress(kind: Kind) -> None:
    arrived = asyncio.Event()
    async with scripted(asked(arrived)) as server:
        http = kind.client()
        asking = asyncio.create_task(http.get(server.url))
        await asyncio.wait_for(arrived.wait(), LIMIT_S)
        await http.aclose()
        with pytest.raises(httpx.ReadError):
            await asking
