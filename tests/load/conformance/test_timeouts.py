"""Each of httpx's four limits, and that each limits only what httpx says it does.

A limit that is short is one that must end the wait. That a limit does not end a wait is tried on a
clock that the test moves.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.load.clocks import HeldClock, JumpingLoop, hold_clock_of_links
from tests.load.conformance.conftest import OURS, Kind, kinds
from tests.load.scripted import Line, answering, scripted
from tests.waiting import LIMIT_S

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
SHORT_S = 0.05

ours_alone = pytest.mark.parametrize("kind", OURS, indirect=True)
"""httpx's own waits are by the loop's clock, and nothing tells when it has read a piece."""


def _limits(**limits: float) -> httpx.Timeout:
    return httpx.Timeout(**{"timeout": LIMIT_S, **limits})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> HeldClock:
    return hold_clock_of_links(monkeypatch)


async def test_no_answer_is_a_read_timeout(http: httpx.AsyncClient) -> None:
    async with scripted(answering()) as server:
        with pytest.raises(httpx.ReadTimeout):
            await http.get(server.url, timeout=_limits(read=SHORT_S))


async def test_half_an_answer_is_a_read_timeout(http: httpx.AsyncClient) -> None:
    async with scripted(answering(OK[:-2])) as server:
        with pytest.raises(httpx.ReadTimeout):
            await http.get(server.url, timeout=_limits(read=SHORT_S))


@ours_alone
async def test_a_body_that_stops_is_a_read_timeout_after_what_came(
    http: httpx.AsyncClient, clock: HeldClock
) -> None:
    read = []
    async with (
        scripted(answering(OK[:-2])) as server,
        http.stream("GET", server.url, timeout=_limits(read=SHORT_S)) as response,
    ):
        with pytest.raises(httpx.ReadTimeout):
            async for piece in response.aiter_raw():
                read.append(piece)
                # Once the wait for the next piece has begun.
                asyncio.get_running_loop().call_soon(clock.move, 2 * SHORT_S)
    assert read == [b"hel"]


@ours_alone
@pytest.mark.parametrize("dripping", ["headers", "body", "informational"])
async def test_an_answer_may_take_longer_than_the_read_timeout_while_it_drips(
    http: httpx.AsyncClient, clock: HeldClock, dripping: str
) -> None:
    pieces = {
        "headers": [OK[:10], OK[10:20], OK[20:30], OK[30:]],
        "body": [OK[:-5], b"h", b"el", b"lo"],
        "informational": [b"HTTP/1.1 102 Processing\r\n\r\n"] * 3 + [OK],
    }

    async def drip(line: Line) -> None:
        await line.request()
        for number, piece in enumerate(pieces[dripping], 1):
            await clock.pass_by(0.6 * SHORT_S)
            await line.send(piece)
            await clock.received(number)

    async with scripted(drip) as server:
        response = await http.get(server.url, timeout=_limits(read=SHORT_S))
    assert response.text == "hello"


@ours_alone
async def test_a_reader_may_take_longer_than_the_read_timeout(
    http: httpx.AsyncClient, clock: HeldClock
) -> None:
    half_read = asyncio.Event()

    async def in_halves(line: Line) -> None:
        await line.request()
        await line.send(OK[:-2])
        await half_read.wait()
        await clock.pass_by(0.6 * SHORT_S)
        await line.send(OK[-2:])

    async with (
        scripted(in_halves) as server,
        http.stream("GET", server.url, timeout=_limits(read=SHORT_S)) as response,
    ):
        await clock.pass_by(2 * SHORT_S)
        half_read.set()
        assert await response.aread() == b"hello"


@ours_alone
async def test_sending_may_take_longer_than_the_read_timeout(
    http: httpx.AsyncClient, clock: HeldClock
) -> None:
    async def slow() -> AsyncIterator[bytes]:
        for _ in range(4):
            await clock.pass_by(0.6 * SHORT_S)
            yield b"more"

    async def late(line: Line) -> None:
        await line.request()
        await clock.pass_by(0.6 * SHORT_S)
        await line.send(OK)

    async with scripted(late) as server:
        limits = _limits(read=SHORT_S)
        assert (await http.post(server.url, content=slow(), timeout=limits)).text == "hello"


async def test_each_request_on_a_connection_has_its_own_read_timeout(
    http: httpx.AsyncClient,
) -> None:
    async with scripted(answering(OK, OK, OK)) as server:
        await http.get(server.url, timeout=_limits(read=1000.0))
        await http.get(server.url, timeout=None)
        await http.get(server.url, timeout=_limits(read=1000.0))
        async with asyncio.timeout(LIMIT_S):
            with pytest.raises(httpx.ReadTimeout):
                await http.get(server.url, timeout=_limits(read=SHORT_S))
    assert server.connections == 1


async def test_after_a_read_timeout_the_late_answer_is_nobodys(http: httpx.AsyncClient) -> None:
    given_up = asyncio.Event()

    async def late(line: Line) -> None:
        await line.request()
        await given_up.wait()
        await line.send(OK)

    other = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew"
    async with scripted(late, answering(other)) as server:
        with pytest.raises(httpx.ReadTimeout):
            await http.get(server.url, timeout=_limits(read=SHORT_S))
        given_up.set()
        assert (await http.get(server.url)).text == "new"
    assert server.connections == 2


async def _deaf(line: Line) -> None:
    line.writer.transport.pause_reading()  # type: ignore[attr-defined]


async def _endless() -> AsyncIterator[bytes]:
    for _ in range(1000):
        yield b"x" * 100_000


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_a_server_that_takes_nothing_is_a_write_timeout(
    http: httpx.AsyncClient, streamed: bool
) -> None:
    body = _endless() if streamed else b"x" * 30_000_000
    async with scripted(_deaf) as server:
        with pytest.raises(httpx.WriteTimeout):
            await http.post(server.url, content=body, timeout=_limits(write=SHORT_S))


@pytest.mark.parametrize("kind", kinds("webtrial, jumping", "httpx, jumping"), indirect=True)
async def test_a_slow_taker_is_no_write_timeout(http: httpx.AsyncClient) -> None:
    """All of the body takes longer than the limit, but each piece is taken within it."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, JumpingLoop)
    pieces, begun = 400, 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal begun
        for begun in range(1, pieces + 1):  # noqa: B007
            yield b"x" * 100_000

    async def slow(line: Line) -> None:
        await line.reader.readuntil(b"\r\n\r\n")
        at_last_jump = 0
        for _ in range(4):
            line.writer.transport.pause_reading()  # type: ignore[attr-defined]
            await asyncio.sleep(0.02)  # for the client to be stopped
            while begun == at_last_jump:  # else two jumps might fall into the same wait
                await asyncio.sleep(0.001)
            if begun < pieces:
                loop.ahead_s += 0.6 * LIMIT_S
                at_last_jump = begun
            line.writer.transport.resume_reading()  # type: ignore[attr-defined]
            await line.reader.readexactly(10_000_000)
        await line.send(OK)

    async with scripted(slow) as server:
        request = http.build_request(
            "POST",
            server.url,
            content=body(),
            headers={"Content-Length": str(100_000 * pieces)},
            timeout=_limits(connect=None, read=None, pool=None),
        )
        assert (await http.send(request)).text == "hello"
    assert loop.ahead_s > LIMIT_S


async def test_a_full_pool_is_a_pool_timeout(kind: Kind) -> None:
    async with scripted(answering(OK, OK)) as server, kind.client(max_connections=1) as http:
        async with http.stream("GET", server.url):
            with pytest.raises(httpx.PoolTimeout):
                await http.get(server.url, timeout=_limits(pool=0.05))
            with pytest.raises(httpx.PoolTimeout):
                await http.get(server.url, timeout=_limits(pool=0.05))
        assert (await http.get(server.url)).text == "hello"


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port whose queue of connections is full: the kernel answers no more of them."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]


async def test_no_connection_in_time_is_a_connect_timeout(
    http: httpx.AsyncClient, full_port: int
) -> None:
    with pytest.raises(httpx.ConnectTimeout):
        await http.get(f"http://127.0.0.1:{full_port}/", timeout=_limits(connect=SHORT_S))


async def test_no_tls_handshake_in_time_is_a_connect_timeout(http: httpx.AsyncClient) -> None:
    async with scripted(answering()) as server:
        with pytest.raises(httpx.ConnectTimeout):
            url = server.url.replace("http:", "https:")
            await http.get(url, timeout=_limits(connect=SHORT_S))
