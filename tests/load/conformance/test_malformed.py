"""Answers that are none: RemoteProtocolError, and what was seen before it stays seen."""

import httpx
import pytest

from tests.load.conformance.conftest import KINDS, Kind, kinds
from tests.load.scripted import Line, answering, scripted

pytestmark = pytest.mark.anyio


@pytest.fixture(params=kinds("webtrial", "httpx"))  # the parser does not know which loop feeds it
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
MALFORMED = {
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "another protocol's name": b"ICY 200 OK\r\n\r\n",
    "lower case": b"http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "a page": b"<html></html>\n\n",
    "binary": b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\r\n\r\n",
    "no number": b"HTTP/1.1 two hundred\r\n\r\n",
    "a short number": b"HTTP/1.1 20 OK\r\n\r\n",
    "a long number": b"HTTP/1.1 2000 OK\r\n\r\n",
    "a number below all": b"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
    "an unasked switch": b"HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    "two spaces": b"HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n",
    "a line without a colon": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nfoo\r\n\r\n",
    "a space before the colon": b"HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n",
    "a header without a name": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n: x\r\n\r\n",
    "a name with a sign": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX@Y: x\r\n\r\n",
    "a zero byte": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: a\0b\r\n\r\n",
    "a bare return": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: a\rb\r\n\r\n",
    "a length in words": b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
    "a signed length": b"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
    "an empty length": b"HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\nhello",
    "an absurd length": b"HTTP/1.1 200 OK\r\nContent-Length: 9" + b"9" * 30 + b"\r\n\r\nhello",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "an unknown coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nhello",
    "a coding before chunks": CHUNKED.replace(b"chunked", b"gzip, chunked") + b"0\r\n\r\n",
    "chunked twice": CHUNKED[:-2] + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk size in words": CHUNKED + b"five\r\nhello\r\n0\r\n\r\n",
    "a chunk size with 0x": CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n",
    "an absurd chunk size": CHUNKED + b"f" * 30 + b"\r\nhello\r\n0\r\n\r\n",
    "a chunk longer than it says": CHUNKED + b"3\r\nhello\r\n0\r\n\r\n",
    "a trailer without a colon": CHUNKED + b"5\r\nhello\r\n0\r\nbad trailer\r\n\r\n",
    "one header without an end": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000,
    "headers without an end": b"HTTP/1.1 200 OK\r\n" + b"X: aaaaaaaa\r\n" * 20_000,
}
CUT_SHORT = {
    "nothing": b"",
    "half a status line": b"HTTP/1.1 20",
    "half the headers": b"HTTP/1.1 200 OK\r\nContent-Le",
    "only an informational answer": b"HTTP/1.1 100 Continue\r\n\r\n",
    "half a body": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
    "no body": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
    "half a chunk": CHUNKED + b"5\r\nhel",
    "half a chunk size": CHUNKED + b"5",
    "no last chunk": CHUNKED + b"5\r\nhello\r\n",
    "half the last chunk": CHUNKED + b"5\r\nhello\r\n0\r\n",
}


@pytest.mark.parametrize("what", MALFORMED)
async def test_a_malformed_answer_is_a_remote_protocol_error(
    http: httpx.AsyncClient, what: str
) -> None:
    async with scripted(answering(MALFORMED[what])) as server:  # which leaves it open
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get(server.url)


@pytest.mark.parametrize("what", CUT_SHORT)
async def test_an_answer_cut_short_is_a_remote_protocol_error(
    http: httpx.AsyncClient, what: str
) -> None:
    async with scripted(answering(CUT_SHORT[what], then=Line.close)) as server:
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get(server.url)


@pytest.mark.parametrize(
    "answer",
    [
        [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"],
        [CHUNKED + b"5\r\nhello\r\n", b"2"],
        [CHUNKED, b"5\r\nhello\r\n", b"five\r\nhello\r\n"],
    ],
    ids=["length", "chunked", "malformed later"],
)
async def test_what_arrived_is_read_before_the_error(
    http: httpx.AsyncClient, answer: list[bytes]
) -> None:
    read = []
    async with (
        scripted(answering(answer, then=Line.close)) as server,
        http.stream("GET", server.url) as response,
    ):
        with pytest.raises(httpx.RemoteProtocolError):
            async for piece in response.aiter_raw():
                read.append(piece)
    assert (response.status_code, b"".join(read)) == (200, b"hello")


async def test_after_a_malformed_answer_the_next_request_has_a_new_connection(
    http: httpx.AsyncClient,
) -> None:
    good = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    async with scripted(answering(MALFORMED["no number"]), answering(good)) as server:
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get(server.url)
        assert (await http.get(server.url)).status_code == 200
    assert server.connections == 2


async def test_large_headers_are_taken(http: httpx.AsyncClient) -> None:
    value = b"a" * 60_000
    answer = b"HTTP/1.1 200 OK\r\nX: " + value + b"\r\nContent-Length: 0\r\n\r\n"
    async with scripted(answering(answer, answer)) as server:
        for _ in range(2):
            assert (await http.get(server.url)).headers["x"] == value.decode()
    assert server.connections == 1
