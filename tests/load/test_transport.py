"""The transport as httpx sees it: `AsyncClient(transport=Transport())`."""

import asyncio
import gc
import gzip
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

import httpx
import pytest

from tests.load.scripted import asked, scripted
from tests.waiting import LIMIT_S
from webtrial.load.body import HIGH_WATER_BYTES
from webtrial.load.connection import Connection
from webtrial.load.link import Closed, Truncated
from webtrial.load.meter import Meter
from webtrial.load.transport import Transport
from webtrial.load.wire import once
from webtrial.system.ports import free_port

pytestmark = pytest.mark.anyio

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()


def answering(*answers: bytes, close: bool = False) -> Handler:
    """Answers the first requests of a connection with `answers`, in turn, then waits."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):  # the client may leave first
            for answer in answers:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(answer)
            if not close:
                await reader.read()  # until the client leaves
        writer.close()

    return handler


def client(transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=transport or Transport(), timeout=LIMIT_S)


FIXED = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Kind: fixed\r\n\r\nhello"


async def test_a_body_of_fixed_length_is_read() -> None:
    async with serving(answering(FIXED)) as url, client() as http:
        response = await http.get(url)
    assert (response.status_code, response.text, response.headers["x-kind"]) == (
        200,
        "hello",
        "fixed",
    )
    assert response.reason_phrase == "OK"


async def test_a_chunked_body_with_trailers_is_read() -> None:
    answer = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nhel\r\n2\r\nlo\r\n0\r\nX-Sum: 5\r\n\r\n"
    )
    async with serving(answering(answer, FIXED)) as url, client() as http:
        assert (await http.get(url)).text == "hello"
        assert (await http.get(url)).headers["x-kind"] == "fixed"


async def test_a_body_that_ends_with_the_connection_is_read() -> None:
    answer = b"HTTP/1.1 200 OK\r\n\r\nuntil the end"
    async with serving(answering(answer, close=True)) as url, client() as http:
        assert (await http.get(url)).text == "until the end"


@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_a_body_leaves_the_connection_open(status: int) -> None:
    answer = b"HTTP/1.1 %d Nothing\r\n\r\n" % status
    async with serving(answering(answer, FIXED)) as url, client(connection := Connection()) as http:
        assert (await http.get(url)).content == b""
        assert (await http.get(url)).text == "hello"
    assert connection.opened == 1


async def test_the_answer_to_head_has_no_body_whatever_its_length_says() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    async with serving(answering(answer, FIXED)) as url, client(connection := Connection()) as http:
        assert (await http.head(url)).headers["content-length"] == "5"
        assert (await http.get(url)).text == "hello"
    assert connection.opened == 1


async def test_informational_answers_are_passed_over() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    async with serving(answering(early + FIXED)) as url, client() as http:
        response = await http.get(url)
    assert response.text == "hello"
    assert "link" not in response.headers


async def test_a_compressed_body_is_decoded_by_httpx() -> None:
    body = gzip.compress(b"hello" * 100)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    async with serving(answering(head + body)) as url, client() as http:
        assert (await http.get(url)).text == "hello" * 100


async def test_a_connection_is_used_again_and_reopened_when_the_server_closed_it() -> None:
    closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    handler = answering(FIXED, closing)
    async with serving(handler) as url, client(connection := Connection()) as http:
        for _ in range(4):
            await http.get(url)
    assert connection.opened == 2


async def test_connections_that_the_server_closed_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: weakref.WeakSet[Connection] = weakref.WeakSet()
    transport = Transport()

    def noted(url: httpx.URL, new: Callable[[httpx.URL], Connection]) -> Connection:
        opened.add(connection := new(url))
        return connection

    monkeypatch.setattr(transport, "_new_connection", partial(noted, new=transport._new_connection))
    async with serving(answering(FIXED, close=True)) as url, client(transport) as http:
        for _ in range(5):
            await http.get(url)
        gc.collect()
        assert len(opened) <= 1  # the last one may still be there


async def test_a_large_body_is_read_no_faster_than_it_is_consumed() -> None:
    size = 20 * HIGH_WATER_BYTES
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size
    async with serving(answering(head + b"x" * size)) as url:
        response = await Connection().handle_async_request(httpx.Request("GET", url))
        read, held = 0, []
        async for piece in response.stream:
            read += len(piece)
            held.append(response.stream.buffered)
    assert read == size
    assert max(held) < 4 * HIGH_WATER_BYTES


async def test_large_bodies_are_sent_whole_and_in_chunks() -> None:
    received: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.readuntil(b"\r\n\r\n"))
        received.append(await reader.readexactly(300_000))
        writer.write(FIXED)
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"chunked" in head.lower()
        received.append(await reader.readuntil(b"0\r\n\r\n"))
        writer.write(FIXED)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"abc"

    async with serving(handler) as url, client() as http:
        await http.post(url, content=b"y" * 300_000)
        await http.post(url, content=pieces())
    assert received[1] == b"y" * 300_000
    assert received[2] == b"3\r\nabc\r\n" * 3 + b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", Closed),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", Truncated),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", Truncated),
        (b"HTTP/1.1 two hundred\r\n\r\n", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: minus\r\n\r\n", httpx.RemoteProtocolError),
        (b"SSH-2.0-OpenSSH_9.2\r\n", httpx.RemoteProtocolError),
    ],
)
async def test_a_broken_answer_is_the_error_that_httpx_has_for_it(
    answer: bytes, error: type[Exception]
) -> None:
    async with serving(answering(answer, close=True)) as url, client() as http:
        with pytest.raises(error):
            await http.get(url)


async def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next_one() -> None:
    async with (
        serving(answering(FIXED + FIXED, FIXED)) as url,
        client(connection := Connection()) as http,
    ):
        assert (await http.get(url)).text == "hello"
        assert (await http.get(url)).text == "hello"
    assert connection.opened == 2


async def test_a_server_that_is_not_there_is_a_connect_error(unused_port: int) -> None:
    async with client() as http:
        with pytest.raises(httpx.ConnectError, match=str(unused_port)):
            await http.get(f"http://127.0.0.1:{unused_port}/")


@pytest.fixture
def unused_port() -> int:
    return free_port()


async def test_an_answer_that_does_not_come_is_a_read_timeout() -> None:
    async with serving(answering()) as url, client(connection := Connection()) as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.get(url, timeout=httpx.Timeout(LIMIT_S, read=0.1))
    assert not connection.is_ready


async def test_the_total_limit_ends_an_answer_that_drips() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")  # a body without an end
        while not reader.at_eof() and not writer.is_closing():
            writer.write(b"x")
            await asyncio.sleep(0.02)

    async with serving(drip) as url:
        limits = {"connect": LIMIT_S, "total": 0.2}
        request = httpx.Request("GET", url, extensions={"timeout": limits})
        async with asyncio.timeout(LIMIT_S):
            with pytest.raises(httpx.ReadTimeout):
                response = await Connection().handle_async_request(request)
                await response.aread()


async def test_a_full_pool_is_a_pool_timeout() -> None:
    arrived = asyncio.Event()
    async with scripted(asked(arrived)) as server, client(Transport(max_connections=1)) as http:
        first = asyncio.create_task(http.get(server.url))
        await asyncio.wait_for(arrived.wait(), LIMIT_S)
        with pytest.raises(httpx.PoolTimeout):
            await http.get(server.url, timeout=httpx.Timeout(LIMIT_S, pool=0.05))
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


async def test_a_cancelled_request_takes_its_connection_with_it() -> None:
    meter, arrived = Meter(), asyncio.Event()
    connection = Connection(meter=meter)
    async with scripted(asked(arrived)) as server, client(connection) as http:
        asking = asyncio.create_task(http.get(server.url))
        await asyncio.wait_for(arrived.wait(), LIMIT_S)
        assert meter.in_flight == 1
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    assert meter.in_flight == 0
    assert not connection.is_ready


async def test_an_answer_left_unread_does_not_spoil_the_next_one() -> None:
    size = 10 * HIGH_WATER_BYTES
    large = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size
    async with serving(answering(large)) as url, client() as http:
        for _ in range(3):
            async with http.stream("GET", url) as response:
                assert response.headers["content-length"] == str(size)


async def test_a_header_with_a_line_break_is_refused() -> None:
    request = httpx.Request("GET", "http://127.0.0.1/", headers=[(b"X-A", b"b\r\nX-C: d")])
    with pytest.raises(httpx.LocalProtocolError):
        once(request)


async def test_what_is_sent_is_what_httpx_says() -> None:
    request = once(httpx.Request("POST", "http://127.0.0.1:99/a?b=%20c", json={"d": 1}))
    assert request.extensions["wire"] == (
        b"POST /a?b=%20c HTTP/1.1\r\nHost: 127.0.0.1:99\r\nContent-Length: 7\r\n"
        b'Content-Type: application/json\r\n\r\n{"d":1}'
    )


async def test_the_meter_counts_requests_times_time() -> None:
    meter = Meter()
    meter.enter(10)
    meter.enter(20)
    meter.leave(50)
    assert meter.integral_at(60) == (20 - 10) + 2 * (50 - 20) + (60 - 50)
