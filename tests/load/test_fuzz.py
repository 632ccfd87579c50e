"""Answers that nobody would write: whatever comes in, the link ends the request, once, properly.

Most examples go straight into a `Link`, through a socket that is none; some go over a real one.
"""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from time import perf_counter_ns

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.examples import EXAMPLES
from tests.load.scripted import Line, Scene, answering, scripted
from tests.waiting import LIMIT_S
from webtrial.load.link import Link
from webtrial.load.transport import Transport

FUZZ = settings(EXAMPLES, max_examples=100)
OVER_SOCKETS = settings(FUZZ, max_examples=20)


class NoSocket(asyncio.Transport):
    """The transport under a link, played by the test."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self._link = link
        self._closing = False
        self._may_read = asyncio.Event()
        self._may_read.set()
        link.connection_made(self)

    async def deliver(self, pieces: list[bytes]) -> None:
        """Hand the pieces over one by one, as far as the link wants them."""
        for piece in pieces:
            await self._may_read.wait()
            if self._closing:
                return
            self._link.data_received(piece)
            await asyncio.sleep(0)

    def end(self, error: Exception | None) -> None:
        if not self._closing:
            self._closing = True
            if error is None:
                self._link.eof_received()
            self._link.connection_lost(error)

    def write(self, data: object) -> None:
        pass

    def is_closing(self) -> bool:
        return self._closing

    def pause_reading(self) -> None:
        self._may_read.clear()

    def resume_reading(self) -> None:
        self._may_read.set()

    def abort(self) -> None:
        self._may_read.set()
        if not self._closing:
            self._closing = True
            asyncio.get_running_loop().call_soon(self._link.connection_lost, None)

    close = abort


@dataclass
class Reading:
    """What became of one request: an answer or an error, and how often it ended."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    error: Exception | None = None
    ends: int = 0
    is_reusable: bool = False


async def read(pieces: list[bytes], ending: str, method: str = "GET") -> Reading:
    """Send a request over a link, answer with `pieces` and then `ending`."""
    reading = Reading()
    ends: list[int] = []
    link = Link(ends.append)
    socket = NoSocket(link)
    async with asyncio.timeout(LIMIT_S):
        asking = asyncio.create_task(_ask(link, method, reading))
        await asyncio.sleep(0)
        await socket.deliver(pieces)
        if ending == "stays" and asking.done():
            reading.is_reusable = link.is_open
        _end(link, socket, ending)
        await asking
    reading.ends = len(ends)
    assert not link.is_busy
    return reading


async def _ask(link: Link, method: str, reading: Reading) -> None:
    request = httpx.Request(method, "http://127.0.0.1/")
    try:
        response = await link.exchange(request, perf_counter_ns())
        reading.status, reading.headers = response.status_code, response.headers.raw
        reading.body = await response.aread()
        await response.aclose()
    except (httpx.TransportError, httpx.DecodingError) as error:
        reading.error = error


def _end(link: Link, socket: NoSocket, ending: str) -> None:
    if ending == "reset":
        socket.end(ConnectionResetError(104, "Connection reset by peer"))
    elif ending == "close":
        socket.end(None)
    else:
        link.close()  # the server says no more: this is what a time limit would do


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as one:
        yield one


# --- what is fed


@dataclass(frozen=True)
class Answer:
    """A valid answer and what must be read from it."""

    wire: bytes
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    ends_with_connection: bool


CONTROLS = bytes([*range(32), 127])
NAMES = st.sampled_from([b"X-A", b"x-lower", b"X!#$%&'*+.^_`|~-9", b"Set-Cookie", b"Lengthy-Names"])
REASONS = st.binary(max_size=20).map(lambda data: data.translate(None, CONTROLS))
VALUES = REASONS.map(lambda text: text.strip(b" "))
INFORMATIONAL = st.sampled_from(
    [b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"]
)
ENDINGS = st.sampled_from(["close", "reset", "stays"])


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Any status, headers, body and framing that HTTP/1.1 allows."""
    status = draw(st.sampled_from([200, 201, 204, 206, 301, 304, 404, 418, 500, 599]))
    headers = draw(st.lists(st.tuples(NAMES, VALUES), max_size=5))
    body = b"" if status in (204, 304) else draw(st.binary(max_size=300))
    framing = draw(st.sampled_from(["length", "chunks", "connection"]))
    if status in (204, 304):
        framing = "none"
    framed, extra = _framed(draw, framing, body)
    headers = headers + extra
    lines = b"".join(b"%s: %s\r\n" % header for header in headers)
    head = b"HTTP/1.1 %d %s\r\n%s\r\n" % (status, draw(REASONS), lines)
    wire = draw(INFORMATIONAL) + head + framed
    return Answer(wire, status, headers, body, framing == "connection")


def _framed(draw: st.DrawFn, framing: str, body: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    if framing == "length":
        return body, [(b"Content-Length", b"%d" % len(body))]
    if framing == "chunks":
        chunks = split(body, draw(cuts()))
        trailer = draw(st.sampled_from([b"", b"X-Sum: 1\r\n"]))
        coded = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
        return coded + b"0\r\n" + trailer + b"\r\n", [(b"Transfer-Encoding", b"chunked")]
    return body, []


def cuts() -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, 1000), max_size=12)


def split(data: bytes, at: list[int]) -> list[bytes]:
    """`data` cut at the given places; no piece is empty."""
    places = [0, *sorted({place for place in at if 0 < place < len(data)}), len(data)]
    pieces = [data[a:b] for a, b in pairwise(places)]
    return [piece for piece in pieces if piece]


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A valid answer, then cut, doubled, overwritten and swapped at random."""
    wire = draw(answers()).wire
    for _ in range(draw(st.integers(1, 4))):
        a, b = sorted(draw(st.tuples(*[st.integers(0, len(wire))] * 2)))
        noise = draw(st.one_of(st.binary(max_size=8), st.sampled_from(FRAGMENTS)))
        wire = draw(
            st.sampled_from([wire[:a] + noise + wire[b:], wire[:b] + wire[a:], wire[:a] + wire[b:]])
        )
    return wire


FRAGMENTS = [
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.0 101 Go\r\n",
    b"HTTP/1.1 204 No\r\n\r\n",
    b"Content-Length: 3\r\n",
    b"content-length: -1\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"transfer-encoding: gzip\r\n",
    b"Connection: close\r\n",
    b"Connection: upgrade\r\nUpgrade: h2c\r\n",
    b"Content-Encoding: gzip\r\n",
    b"Content-Encoding: br\r\n",
    b"\r\n",
    b"\n",
    b"0\r\n\r\n",
    b"3\r\nabc\r\n",
    b"ffffffffffffffff\r\n",
    b"\x1f\x8b\x08\x00",
    b"\0",
]
SOUP = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.binary(max_size=10)), max_size=15)


# --- what must hold


def _ended_once(reading: Reading) -> None:
    assert reading.ends == 1
    assert reading.status or reading.error is not None
    assert not reading.status or 200 <= reading.status <= 999


@FUZZ
@given(pieces=st.lists(st.binary(max_size=40), max_size=8), ending=ENDINGS)
@example(pieces=[], ending="close")
@example(pieces=[b"HTTP/1.1 200 OK\r\n\r\n"], ending="reset")
def test_any_bytes_end_a_request_once_in_an_answer_or_an_error_of_httpx(
    runner: asyncio.Runner, pieces: list[bytes], ending: str
) -> None:
    _ended_once(runner.run(read(pieces, ending)))


@FUZZ
@given(
    soup=SOUP,
    at=cuts(),
    ending=ENDINGS,
    method=st.sampled_from(["GET", "HEAD"]),
    status=st.booleans(),
)
def test_any_pieces_of_http_end_a_request_once_in_an_answer_or_an_error_of_httpx(
    runner: asyncio.Runner, soup: list[bytes], at: list[int], ending: str, method: str, status: bool
) -> None:
    wire = (b"HTTP/1.1 200 OK\r\n" if status else b"") + b"".join(soup)
    _ended_once(runner.run(read(split(wire, at), ending, method)))


@FUZZ
@given(wire=spoilt(), at=cuts(), ending=ENDINGS, method=st.sampled_from(["GET", "HEAD"]))
def test_a_spoilt_answer_ends_a_request_once_in_an_answer_or_an_error_of_httpx(
    runner: asyncio.Runner, wire: bytes, at: list[int], ending: str, method: str
) -> None:
    _ended_once(runner.run(read(split(wire, at), ending, method)))


@FUZZ
@given(answer=answers(), at=cuts())
def test_a_valid_answer_is_read_alike_wherever_it_is_split(
    runner: asyncio.Runner, answer: Answer, at: list[int]
) -> None:
    ending = "close" if answer.ends_with_connection else "stays"
    for pieces in ([answer.wire], split(answer.wire, at), split(answer.wire, list(range(2000)))):
        reading = runner.run(read(pieces, ending))
        assert reading.error is None
        assert (reading.status, reading.body) == (answer.status, answer.body)
        assert reading.headers == answer.headers
        assert reading.is_reusable == (not answer.ends_with_connection)


@FUZZ
@given(answer=answers(), at=cuts(), share=st.floats(0, 1, exclude_max=True), ending=ENDINGS)
def test_a_valid_answer_cut_short_is_an_error_and_never_a_shorter_answer(
    runner: asyncio.Runner, answer: Answer, at: list[int], share: float, ending: str
) -> None:
    if answer.ends_with_connection and ending == "close":
        ending = "reset"  # a close is where this one rightly ends
    wire = answer.wire[: int(share * len(answer.wire))]
    reading = runner.run(read(split(wire, at), ending))
    assert isinstance(reading.error, httpx.ReadError | httpx.RemoteProtocolError)
    assert reading.body == b""


@FUZZ
@given(first=answers(), second=answers(), at=cuts())
def test_a_connection_that_is_used_again_reads_the_second_answer_as_the_first(
    runner: asyncio.Runner, first: Answer, second: Answer, at: list[int]
) -> None:
    if first.ends_with_connection or second.ends_with_connection:
        return
    for reading, answer in zip(runner.run(_twice(first, second, at)), (first, second), strict=True):
        assert (reading.error, reading.status) == (None, answer.status)
        assert (reading.headers, reading.body) == (answer.headers, answer.body)


async def _twice(first: Answer, second: Answer, at: list[int]) -> list[Reading]:
    link = Link(lambda _: None)
    socket = NoSocket(link)
    readings = []
    for answer in (first, second):
        readings.append(Reading())
        asking = asyncio.create_task(_ask(link, "GET", readings[-1]))
        await asyncio.sleep(0)
        await socket.deliver(split(answer.wire, at))
        await asyncio.wait_for(asking, LIMIT_S)
    return readings


def test_a_socket_that_is_closed_under_the_request_is_a_write_error(
    runner: asyncio.Runner,
) -> None:
    class Closed(NoSocket):
        def write(self, data: object) -> None:
            raise RuntimeError("the handler is closed")  # as uvloop says it

    async def ask() -> list[int]:
        ends: list[int] = []
        link = Link(ends.append)
        Closed(link)
        request = httpx.Request("GET", "http://127.0.0.1/", extensions={"wire": b"GET"})
        with pytest.raises(httpx.WriteError):
            await link.exchange(request, perf_counter_ns())
        assert not link.is_open
        return ends

    assert len(runner.run(ask())) == 1


@OVER_SOCKETS
@given(wire=st.one_of(spoilt(), SOUP.map(b"".join)), at=cuts(), reset=st.booleans())
def test_over_a_real_socket_nothing_hangs_and_nothing_is_left_to_the_next_request(
    runner: asyncio.Runner, wire: bytes, at: list[int], reset: bool
) -> None:
    runner.run(_over_sockets(split(wire, at[:3]), Line.reset if reset else Line.close))


GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext"


async def _over_sockets(pieces: list[bytes], ending: Scene) -> None:
    scenes = answering(pieces, then=ending), answering(*[GOOD] * 3)
    async with scripted(*scenes) as server, httpx.AsyncClient(transport=Transport()) as http:
        async with asyncio.timeout(LIMIT_S):
            for _ in range(2):
                with suppress(httpx.TransportError, httpx.DecodingError):
                    await http.get(server.url)
            assert (await http.get(server.url)).text == "next"
